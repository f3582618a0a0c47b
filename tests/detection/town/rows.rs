//! The rows: attacks, and calm days, among people as they are on most sites.
//!
//! `bar` is a bar that is reached. `aim` is one that is not: its second number is what the default
//! rules reach today on both seeds, and the test holds that. No bar is loosened in silence.

use super::row::{TownRow, aim, bar, row};

/// Replayed with eight endpoints, each with a record of its own.
const EIGHT: &[&str] = &["--policy", "detection/town/eight_endpoints.json"];

/// All rows.
pub(crate) const ROWS: &[TownRow] = &[
    row("fresh-3")
        .takeovers(bar(30.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.66))
        .worst(bar(3.0)),
    row("fresh-10")
        .takeovers(bar(80.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.76))
        .worst(bar(3.5)),
    row("fresh-30")
        .takeovers(bar(88.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.76))
        .worst(bar(3.5)),
    row("fresh-60")
        .takeovers(bar(90.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.76))
        .worst(bar(3.5)),
    row("half-10")
        .takeovers(bar(80.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.76))
        .worst(bar(3.5)),
    row("half-30")
        .takeovers(bar(88.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.76))
        .worst(bar(3.5)),
    row("half-60")
        .takeovers(bar(92.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.76))
        .worst(bar(3.5)),
    row("fresh-hits")
        .takeovers(bar(80.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.76))
        .worst(bar(3.5)),
    row("leaked-3")
        .attempts(bar(60.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.65))
        .worst(bar(3.0)),
    row("own-between-6")
        .attempts(bar(85.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.76))
        .worst(bar(3.5)),
    row("own-between-18")
        .attempts(bar(90.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.76))
        .worst(bar(3.5)),
    row("junk-between-6")
        .attempts(bar(80.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.76))
        .worst(bar(3.5)),
    row("junk-between-18")
        .attempts(bar(90.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.76))
        .worst(bar(3.5)),
    row("under-limits")
        .attempts(bar(88.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.76))
        .worst(bar(3.5)),
    row("carrier-attack")
        .attempts(aim(90.0, 85.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.88))
        .worst(bar(3.5)),
    row("carrier-attack")
        .named("its people")
        .about("benign/carrier")
        .blocked(bar(0.1))
        .worst(bar(3.5)),
    row("eight-endpoints")
        .replayed(EIGHT)
        .attempts(bar(90.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.78))
        .worst(bar(3.5)),
    row("own-devices")
        .takeovers(bar(83.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.79))
        .worst(bar(3.5)),
    row("fresh-30")
        .named("restart")
        .replayed(&["--restart-after", "126h"])
        .takeovers(aim(88.0, 30.0))
        .challenged(aim(3.5, 6.8))
        .stopped(aim(0.3, 2.83))
        .worst(bar(5.5)),
    row("fresh-30")
        .named("three gateways")
        .replayed(&["--gateways", "3"])
        .takeovers(aim(88.0, 73.0))
        .challenged(aim(3.5, 6.0))
        .stopped(aim(0.3, 1.53))
        .worst(bar(4.0)),
    row("slow-spray")
        .after("48h")
        .attempts(aim(85.0, 1.0))
        .challenged(bar(3.5))
        .stopped(bar(0.3))
        .worst(bar(2.5)),
    row("password-a-day")
        .after("24h")
        .attempts(aim(75.0, 1.0))
        .challenged(bar(3.5))
        .stopped(bar(0.3))
        .worst(bar(2.0)),
    row("one-mailbox")
        .attempts(bar(98.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.76))
        .worst(bar(3.5)),
    row("small-site").of_people("40").after("288h").attempts(bar(85.0)),
    row("small-site-fresh").of_people("40").after("288h").attempts(aim(70.0, 0.0)),
    row("stolen-cookies")
        .takeovers(bar(0.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.34))
        .worst(bar(2.0)),
    row("town")
        .after("24h")
        .challenged(bar(0.2))
        .stopped(bar(0.1))
        .blocked(bar(0.01))
        .worst(bar(2.0)),
    row("broken-release")
        .after("121h")
        .about("benign/release")
        .challenged(bar(2.0))
        .blocked(aim(0.0, 87.78))
        .worst(bar(11.5)),
    row("broken-release")
        .named("the same, repaired")
        .after("121h")
        .about("benign/repaired")
        .challenged(bar(2.0))
        .blocked(aim(0.0, 28.69))
        .worst(bar(11.5)),
    row("fresh-30").named("its app").about("benign/app").stopped(aim(1.0, 8.42)).worst(bar(3.5)),
    row("junk-siege")
        .named("app in a siege")
        .about("benign/app")
        .stopped(aim(1.0, 8.42))
        .worst(bar(3.5)),
    row("mailed-password")
        .after("97h")
        .about("benign/mailed")
        .challenged(aim(10.0, 54.0))
        .worst(bar(5.0)),
    row("exam").after("97h").about("benign/mailed").challenged(aim(10.0, 29.7)).worst(bar(3.0)),
    row("stale-apps")
        .after("24h")
        .about("benign/stale-owner")
        .challenged(aim(1.0, 17.0))
        .blocked(bar(0.0))
        .worst(bar(4.5)),
    row("half-fail").after("0h").challenged(aim(0.1, 8.6)).most(aim(5.0, 46.0)).worst(bar(19.5)),
    row("junk-siege").about("benign/private").challenged(bar(8.0)).worst(bar(3.5)),
    row("first-day").after("0h").attempts(bar(85.0)).challenged(aim(5.0, 22.3)).worst(bar(7.0)),
];

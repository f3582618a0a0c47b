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
        .takeovers(aim(30.0, 0.0))
        .challenged(aim(3.5, 10.6))
        .stopped(aim(0.3, 3.48))
        .worst(bar(7.0)),
    row("fresh-10")
        .takeovers(aim(80.0, 0.0))
        .challenged(aim(3.5, 11.2))
        .stopped(aim(0.3, 4.02))
        .worst(bar(8.0)),
    row("fresh-30")
        .takeovers(aim(88.0, 0.0))
        .challenged(aim(3.5, 13.0))
        .stopped(aim(0.3, 5.59))
        .worst(bar(8.5)),
    row("fresh-60")
        .takeovers(aim(90.0, 20.0))
        .challenged(aim(3.5, 16.6))
        .stopped(aim(0.3, 7.68))
        .worst(bar(10.0)),
    row("half-10")
        .takeovers(aim(80.0, 47.0))
        .challenged(aim(3.5, 11.2))
        .stopped(aim(0.3, 3.98))
        .worst(bar(8.0)),
    row("half-30")
        .takeovers(aim(88.0, 43.0))
        .challenged(aim(3.5, 11.3))
        .stopped(aim(0.3, 4.02))
        .worst(bar(8.5)),
    row("half-60")
        .takeovers(aim(92.0, 49.0))
        .challenged(aim(3.5, 14.6))
        .stopped(aim(0.3, 7.01))
        .worst(bar(9.5)),
    row("fresh-hits")
        .takeovers(aim(80.0, 0.0))
        .challenged(aim(3.5, 11.1))
        .stopped(aim(0.3, 3.95))
        .worst(bar(8.0)),
    row("leaked-3")
        .attempts(bar(60.0))
        .challenged(aim(3.5, 10.2))
        .stopped(aim(0.3, 3.57))
        .worst(bar(7.5)),
    row("own-between-6")
        .attempts(bar(85.0))
        .challenged(aim(3.5, 10.9))
        .stopped(aim(0.3, 3.89))
        .worst(bar(8.0)),
    row("own-between-18")
        .attempts(bar(90.0))
        .challenged(aim(3.5, 11.3))
        .stopped(aim(0.3, 4.01))
        .worst(bar(8.5)),
    row("junk-between-6")
        .attempts(bar(80.0))
        .challenged(aim(3.5, 11.2))
        .stopped(aim(0.3, 4.0))
        .worst(bar(8.0)),
    row("junk-between-18")
        .attempts(bar(90.0))
        .challenged(aim(3.5, 11.6))
        .stopped(aim(0.3, 4.31))
        .worst(bar(8.5)),
    row("under-limits")
        .attempts(bar(88.0))
        .challenged(aim(3.5, 11.2))
        .stopped(aim(0.3, 4.01))
        .worst(bar(8.0)),
    row("carrier-attack")
        .attempts(bar(90.0))
        .challenged(aim(3.5, 11.4))
        .stopped(aim(0.3, 4.11))
        .worst(bar(8.5)),
    row("carrier-attack")
        .named("its people")
        .about("benign/carrier")
        .blocked(bar(0.1))
        .worst(bar(8.5)),
    row("eight-endpoints")
        .replayed(EIGHT)
        .attempts(bar(90.0))
        .challenged(aim(3.5, 11.1))
        .stopped(aim(0.3, 3.94))
        .worst(bar(8.0)),
    row("own-devices")
        .takeovers(aim(83.0, 10.0))
        .challenged(aim(3.5, 16.0))
        .stopped(aim(0.3, 8.16))
        .worst(bar(10.5)),
    row("fresh-30")
        .named("restart")
        .replayed(&["--restart-after", "126h"])
        .takeovers(aim(88.0, 0.0))
        .challenged(aim(3.5, 12.8))
        .stopped(aim(0.3, 5.43))
        .worst(bar(8.5)),
    row("fresh-30")
        .named("three gateways")
        .replayed(&["--gateways", "3"])
        .takeovers(aim(88.0, 0.0))
        .challenged(aim(3.5, 10.8))
        .stopped(aim(0.3, 3.99))
        .worst(bar(8.0)),
    row("slow-spray")
        .after("48h")
        .attempts(aim(85.0, 0.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.68))
        .worst(bar(4.0)),
    row("password-a-day")
        .after("24h")
        .attempts(aim(75.0, 1.0))
        .challenged(bar(3.5))
        .stopped(bar(0.3))
        .worst(bar(2.0)),
    row("one-mailbox")
        .attempts(aim(98.0, 35.0))
        .challenged(aim(3.5, 11.8))
        .stopped(aim(0.3, 4.47))
        .worst(bar(8.5)),
    row("small-site").of_people("40").after("288h").attempts(bar(85.0)),
    row("small-site-fresh").of_people("40").after("288h").attempts(aim(70.0, 0.0)),
    row("stolen-cookies")
        .takeovers(bar(0.0))
        .challenged(bar(3.5))
        .stopped(bar(0.3))
        .worst(bar(1.0)),
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
    row("fresh-30").named("its app").about("benign/app").stopped(aim(1.0, 73.23)).worst(bar(8.5)),
    row("junk-siege")
        .named("app in a siege")
        .about("benign/app")
        .stopped(aim(1.0, 48.88))
        .worst(bar(8.5)),
    row("mailed-password")
        .after("97h")
        .about("benign/mailed")
        .challenged(aim(10.0, 54.0))
        .worst(bar(5.0)),
    row("exam").after("97h").about("benign/mailed").challenged(aim(10.0, 29.7)).worst(bar(3.0)),
    row("stale-apps")
        .after("24h")
        .about("benign/stale-owner")
        .challenged(aim(1.0, 16.1))
        .blocked(bar(0.0))
        .worst(bar(34.0)),
    row("half-fail").after("0h").challenged(aim(0.1, 13.1)).most(aim(5.0, 81.0)).worst(bar(30.5)),
    row("junk-siege").about("benign/private").challenged(aim(8.0, 44.1)).worst(bar(8.5)),
    row("first-day").after("0h").attempts(bar(85.0)).challenged(aim(5.0, 27.1)).worst(bar(8.5)),
];

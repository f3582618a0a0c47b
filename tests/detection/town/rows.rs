//! The rows: attacks, and calm days, among people as they are on most sites.
//!
//! `bar` is a bar that is reached. `aim` is one that is not: its second number is what the default
//! rules reach today on both seeds, and the test holds that. No bar is loosened in silence.

use super::row::{TownRow, aim, bar, row};

/// Replayed with eight endpoints, each with a record of its own.
const EIGHT: &[&str] = &["--policy", "detection/town/eight_endpoints.json"];

/// Replayed with a state that has room for the accounts, and for little else.
const SMALL_STATE: &[&str] = &["--policy", "detection/town/small_state.json"];

/// All rows.
pub(crate) const ROWS: &[TownRow] = &[
    row("fresh-3")
        .takeovers(bar(30.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.72))
        .worst(bar(3.0)),
    row("fresh-10")
        .takeovers(bar(80.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.72))
        .worst(bar(3.0)),
    row("fresh-30")
        .takeovers(bar(88.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.72))
        .worst(bar(3.0)),
    row("fresh-60")
        .takeovers(bar(90.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.72))
        .worst(bar(3.0)),
    row("half-10")
        .takeovers(bar(80.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.72))
        .worst(bar(3.0)),
    row("half-30")
        .takeovers(bar(88.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.72))
        .worst(bar(3.0)),
    row("half-60")
        .takeovers(bar(92.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.72))
        .worst(bar(3.0)),
    row("fresh-hits")
        .takeovers(bar(80.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.72))
        .worst(bar(3.0)),
    row("leaked-3")
        .attempts(bar(60.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.58))
        .worst(bar(3.0)),
    row("own-between-6")
        .attempts(bar(85.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.72))
        .worst(bar(3.0)),
    row("own-between-18")
        .attempts(bar(90.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.72))
        .worst(bar(3.0)),
    row("junk-between-6")
        .attempts(bar(80.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.72))
        .worst(bar(3.0)),
    row("junk-between-18")
        .attempts(bar(90.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.72))
        .worst(bar(3.0)),
    row("under-limits")
        .attempts(bar(88.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.72))
        .worst(bar(3.0)),
    row("carrier-attack")
        .attempts(bar(90.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.82))
        .worst(bar(3.0)),
    row("carrier-attack")
        .named("its people")
        .about("benign/carrier")
        .blocked(bar(0.1))
        .worst(bar(3.0)),
    row("eight-endpoints")
        .replayed(EIGHT)
        .attempts(bar(90.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.72))
        .worst(bar(3.0)),
    row("own-devices")
        .takeovers(bar(83.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.85))
        .worst(bar(3.0)),
    row("fresh-30")
        .named("restart")
        .replayed(&["--restart-after", "126h"])
        .takeovers(aim(88.0, 29.0))
        .challenged(aim(3.5, 6.9))
        .stopped(aim(0.3, 3.2))
        .worst(bar(5.0)),
    row("fresh-30")
        .named("small state")
        .replayed(SMALL_STATE)
        .takeovers(bar(88.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.72))
        .worst(bar(3.0)),
    row("fresh-30")
        .named("three gateways")
        .replayed(&["--gateways", "3"])
        .takeovers(bar(88.0))
        .challenged(aim(3.5, 5.8))
        .stopped(aim(0.3, 1.6))
        .worst(bar(3.5)),
    row("slow-spray")
        .after("48h")
        .attempts(bar(85.0))
        .challenged(bar(3.5))
        .stopped(aim(0.3, 0.65))
        .worst(bar(3.5)),
    row("password-a-day")
        .after("24h")
        .attempts(bar(75.0))
        .challenged(bar(3.5))
        .stopped(bar(0.3))
        .worst(bar(1.0)),
    row("one-mailbox").attempts(bar(98.0)).challenged(bar(3.5)).stopped(bar(0.3)).worst(bar(1.0)),
    row("small-site").of_people("40").after("288h").attempts(bar(85.0)),
    row("small-site-fresh").of_people("40").after("288h").attempts(bar(70.0)),
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
        .worst(bar(1.0)),
    row("broken-release")
        .after("121h")
        .about("benign/release")
        .challenged(bar(2.0))
        .blocked(bar(0.0))
        .worst(bar(1.0)),
    row("broken-release")
        .named("the same, repaired")
        .after("121h")
        .about("benign/repaired")
        .challenged(bar(2.0))
        .blocked(bar(0.0))
        .worst(bar(1.0)),
    row("fresh-30").named("its app").about("benign/app").stopped(aim(1.0, 8.3)).worst(bar(3.0)),
    row("junk-siege")
        .named("app in a siege")
        .about("benign/app")
        .stopped(aim(1.0, 8.3))
        .worst(bar(3.0)),
    row("mailed-password")
        .after("97h")
        .about("benign/mailed")
        .challenged(aim(10.0, 16.0))
        .worst(bar(3.2)),
    row("exam").after("97h").about("benign/mailed").challenged(bar(10.0)).worst(bar(1.0)),
    row("stale-apps")
        .after("24h")
        .about("benign/stale-owner")
        .challenged(bar(1.0))
        .blocked(bar(0.0))
        .worst(bar(1.0)),
    row("half-fail").after("0h").challenged(aim(0.1, 0.6)).most(aim(5.0, 19.0)).worst(bar(4.0)),
    row("junk-siege").about("benign/private").challenged(bar(8.0)).worst(bar(3.0)),
    row("first-day").after("0h").attempts(bar(85.0)).challenged(aim(5.0, 21.5)).worst(bar(6.5)),
];

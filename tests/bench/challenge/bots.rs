//! What attempts cost a bot with a native solver, at the default difficulty.

use serde_json::json;
use unstuff_tests::solver::{cores, run_bot};
use unstuff_tests::{Sandbox, ambiguous, policy};

use unstuff_tests::bench::BarChecks;

/// Enough that luck is a few hundredths: each is the sum of sixteen lucky parts.
const PUZZLES: u32 = 100;

/// Measures and prints.
pub async fn run(checks: &mut BarChecks) {
    println!("\na bot solves {PUZZLES} puzzles natively, on all {} cores", cores());
    let every_login = policy().challenge_if("credentials.ambiguous");
    let sandbox = Sandbox::start(every_login.with("challenge", json!({}))).await;
    let bot_yield = run_bot(&sandbox, || ambiguous("alice"), PUZZLES).await;
    let each = bot_yield.cpu_time.as_secs_f64() / f64::from(PUZZLES);
    checks.figure("milliseconds of one core, a puzzle", each * 1000.0);
    checks.figure("attempts a puzzle", f64::from(bot_yield.attempts) / f64::from(PUZZLES));
    checks.figure("attempts a second of one core", bot_yield.rate());
    checks.figure("thousand attempts an hour of one core", bot_yield.rate() * 3.6);
}

//! The cost of attempts for bots with the fastest native solvers, at the default difficulty.

use serde_json::json;
use unstuff_tests::solver::{BotYield, ClientPuzzle, run_bot};
use unstuff_tests::{Sandbox, ambiguous, policy};

use unstuff_tests::bench::BarChecks;

use super::native::{NativeSolver, fastest};

/// Enough puzzles for a deviation of a few per cent. Each has sixteen parts.
const PUZZLES: u32 = 100;

/// The bar for the time of a person to that of a bot, on one core each.
const PERSON_TO_BOT: f64 = 4.0;

/// The bar for the costs of the puzzle for programs to those of a page's: no cheap way for bots.
const PROGRAMS_TO_PAGE: f64 = 0.7;

/// Runs the benchmark; `person` is what people wait, in seconds.
pub(crate) async fn run(checks: &mut BarChecks, person: f64) {
    let every_login = policy().challenge_if("credentials.ambiguous");
    let sandbox =
        Sandbox::start(every_login.with("challenge", json!({ "surcharge": false }))).await;
    let document = sandbox.send(ambiguous("alice")).await.body;

    println!("\na bot solves {PUZZLES} puzzles of the page on one core, natively");
    let solver = fastest(NativeSolver::of_walks(), &ClientPuzzle::walk_of(&document));
    let walks = report(checks, &sandbox, &solver, ClientPuzzle::walk_of).await;
    println!("  person : bot, with the page's JavaScript, as it needs no WebAssembly");
    checks.at_most("person : bot", person / walks, PERSON_TO_BOT);

    println!("\na bot solves {PUZZLES} puzzles for programs on one core, natively");
    let solver = fastest(NativeSolver::of_sha256(), &ClientPuzzle::of(&document));
    let hashes = report(checks, &sandbox, &solver, ClientPuzzle::of).await;
    checks.at_least("puzzle for programs : puzzle of the page", hashes / walks, PROGRAMS_TO_PAGE);
    checks.figure("person : bot that asks as a program", person / hashes);
}

/// Runs a bot and prints its figures. Returns the CPU seconds of a puzzle.
async fn report(
    checks: &BarChecks,
    sandbox: &Sandbox,
    solver: &NativeSolver,
    puzzle_of: fn(&[u8]) -> ClientPuzzle,
) -> f64 {
    let solve = |body: &[u8]| solver.solve(&puzzle_of(body));
    let bot_yield = run_bot(sandbox, || ambiguous("alice"), PUZZLES, solve).await;
    let BotYield { attempts, cpu_time } = bot_yield;
    let each = cpu_time.as_secs_f64() / f64::from(PUZZLES);
    println!("  with {}", solver.name);
    checks.figure("milliseconds of one core per puzzle", each * 1000.0);
    checks.figure("attempts per puzzle", f64::from(attempts) / f64::from(PUZZLES));
    checks.figure("thousand attempts per hour of one core", bot_yield.rate() * 3.6);
    each
}

//! The fastest native solvers that we can write. Those that this processor can run are tried first,
//! and the fastest one solves.

mod sha256;
mod walk;

use std::ops::Range;
use std::time::Duration;

use unstuff_tests::solver::{ClientPuzzle, time_of_this_thread};

/// Looks for a number within a range that solves a part.
pub(crate) type Search = Box<dyn Fn(u32, Range<u32>) -> Option<u32> + Sync>;

/// A way to solve the puzzles of an algorithm.
pub(crate) struct NativeSolver {
    /// Its name in the report.
    pub(crate) name: &'static str,
    /// Prepares a search for a puzzle.
    search: fn(&ClientPuzzle) -> Search,
    /// The numbers that it tries; the range's length is a multiple of each solver's lanes.
    numbers: Range<u32>,
}

impl NativeSolver {
    /// The solvers of SHA-256 that run here.
    pub(crate) fn of_sha256() -> Vec<Self> {
        sha256::solvers()
    }

    /// The solvers of walks that run here.
    pub(crate) fn of_walks() -> Vec<Self> {
        walk::solvers()
    }

    /// The solution of a puzzle, computed by this thread, and its CPU time.
    pub(crate) fn solve(&self, puzzle: &ClientPuzzle) -> (String, Duration) {
        let search = (self.search)(puzzle);
        puzzle.solve_timed(1, |part| search(part, self.numbers.clone()).expect("a number"))
    }

    /// Tries per second: the best of some short measurements, because other load only slows down.
    pub(crate) fn rate(&self, puzzle: &ClientPuzzle) -> f64 {
        /// Enough for some milliseconds.
        const TRIES: u32 = 48_000;
        // No number is good, so all are tried.
        let search = (self.search)(&ClientPuzzle { bits: 32, ..puzzle.clone() });
        let start = self.numbers.start;
        let measured = (0..40).map(|round| {
            let from = start + round * TRIES;
            let before = time_of_this_thread();
            std::hint::black_box(search(0, from..from + TRIES));
            f64::from(TRIES) / (time_of_this_thread() - before).as_secs_f64()
        });
        measured.fold(0.0, f64::max)
    }
}

/// The fastest of the solvers. Prints the rate of each, in million tries per second of one core.
pub(crate) fn fastest(solvers: Vec<NativeSolver>, puzzle: &ClientPuzzle) -> NativeSolver {
    let rated = solvers.into_iter().map(|solver| (solver.rate(puzzle), solver));
    let rated = rated.inspect(|(rate, solver)| {
        println!("  {:<53}{:>9.2} million tries per second", solver.name, rate / 1e6);
    });
    let (_, solver) = rated.max_by(|(one, _), (two, _)| one.total_cmp(two)).expect("a solver");
    solver
}

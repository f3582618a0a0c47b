//! How long it takes to check a solution: `make bench-challenge`. Natively; what it takes in
//! the module is at most some times that (V8 runs the same code without SHA instructions).

use std::time::Instant;

use super::puzzle::{Puzzle, Solution};
use super::testing::{keys, solve, visitor};
use super::token::{Claims, Whose};
use crate::time::Millis;

#[test]
#[ignore = "a benchmark: unoptimised, it says nothing"]
fn checking_takes_microseconds() {
    const TIMES: u32 = 20_000;
    let (keys, visitor) = (keys(&[2, 1]), visitor("192.0.2.1"));
    let whose = Whose { endpoint: "web", visitor: &visitor };
    let old = super::testing::keys(&[1]);
    let claims = Claims { value: 8, ..Claims::new(&old, [3; 16], Millis(0), 300, whose) };
    let solution = solve(&Puzzle::new(&claims, &old));
    let start = Instant::now();
    for _ in 0..TIMES {
        let read = Solution::read(solution.as_bytes(), &keys).expect("a solution");
        read.token.check(Millis(0), whose).expect("whose it is");
        read.verify().expect("solved");
    }
    let each = start.elapsed() / TIMES;
    println!("a solution is checked in {:.1} µs", each.as_secs_f64() * 1e6);
    assert!(each.as_micros() < 50);
}

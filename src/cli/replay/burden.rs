//! The burden on people: how often each of them was challenged or blocked.
//!
//! A mean hides that one person was challenged at every login. So a report has the worst-hit
//! hundredth of people beside the means. People are the usernames of labels that begin with
//! `benign/`, kept as hashes.

use std::collections::HashMap;

use serde::Serialize;

use super::cookies::HashedName;

/// What is the label of people.
const PEOPLE: &str = "benign/";

/// How often each person was challenged or blocked.
#[derive(Debug, Default)]
pub(super) struct BurdenCounts(HashMap<HashedName, u64>);

/// The burden on people, as in a report.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct PeopleBurden {
    /// The number of people.
    pub people: u64,
    /// How often the worst-hit hundredth of them were challenged or blocked, on average.
    pub worst_hundredth: f64,
    /// How often the worst-hit one was.
    pub most: u64,
}

impl BurdenCounts {
    /// Counts an attempt of `user`, if the label is of people.
    pub(super) fn attempt(&mut self, label: &str, user: &str, is_hit: bool) {
        if label.starts_with(PEOPLE) {
            *self.0.entry(HashedName::of(user)).or_default() += u64::from(is_hit);
        }
    }

    /// The burden on all people.
    pub(super) fn burden(&self) -> PeopleBurden {
        let mut hits: Vec<u64> = self.0.values().copied().collect();
        hits.sort_unstable_by(|a, b| b.cmp(a));
        // At least one, so that a site with few people has a worst-hit one.
        let worst = hits.len().div_ceil(100);
        let sum: u64 = hits.iter().take(worst).sum();
        PeopleBurden {
            people: hits.len() as u64,
            worst_hundredth: sum as f64 / worst.max(1) as f64,
            most: hits.first().copied().unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worst_hundredth_is_beside_the_mean() {
        let mut counts = BurdenCounts::default();
        for person in 0..200_u64 {
            // Two people are challenged six and four times, nobody else is.
            let hits = [6, 4].get(usize::try_from(person).unwrap()).copied().unwrap_or(0);
            for attempt in 0..8 {
                counts.attempt("benign/home", &format!("person {person}"), attempt < hits);
                counts.attempt("attack/x", &format!("person {person}"), true);
            }
        }
        let PeopleBurden { people, worst_hundredth, most } = counts.burden();
        assert_eq!((people, worst_hundredth, most), (200, 5.0, 6));
    }
}

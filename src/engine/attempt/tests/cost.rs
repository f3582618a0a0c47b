//! What an attempt may cost the store.

use super::*;

#[test]
fn one_candidate_costs_at_most_eight_reads_and_six_updates_a_phase() {
    let site = Site::new(LIMIT_TEN);
    site.login("192.0.2.1", "warm", "up").answered("401");
    site.store.take();
    let sent = site.login("192.0.2.1", "alice", "typo");
    let (reads, writes) = site.store.take();
    // An update reads what it changes: that is no read of its own.
    let reads = reads - writes;
    assert!(reads <= 8 && writes <= 6, "{reads} reads, {writes} updates at the decision");
    sent.answered("401");
    let (_, writes) = site.store.take();
    assert!(writes <= 6, "{writes} updates at the response");
}

#[test]
fn each_further_candidate_costs_at_most_two_reads_and_two_updates_a_phase() {
    let site = Site::new(LIMIT_TEN);
    let mut costs = Vec::new();
    for users in ["user=a", "user=a&user=b&user=c&user=d"] {
        site.store.take();
        let body = format!("{users}&password=x");
        let sent = site.send("192.0.2.1", &[], Body::Complete(body.as_bytes()));
        costs.push(site.store.take());
        sent.answered("401");
    }
    let (one, four) = (costs[0], costs[1]);
    assert!(four.0 <= one.0 + 6 && four.1 <= one.1 + 6, "{costs:?}");
}

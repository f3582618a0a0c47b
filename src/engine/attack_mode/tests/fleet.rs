//! An attack that is spread over gateways, and a service that adds up what they suspect.

use std::collections::BTreeMap;

use super::*;
use crate::attack_mode::suspicion::SUSPICION_LIMIT;

/// A visit with a password that no filter has.
const UNRESOLVED: EndpointStats = EndpointStats { unknown: 1, failed: 1, unresolved: 1, ..NOTHING };
/// Visits of people on unknown and on known devices.
const GOT_IN: EndpointStats = EndpointStats { unknown: 1, succeeded: 1, usernames: 1, ..NOTHING };
const KNOWN: EndpointStats = EndpointStats { known: 1, known_succeeded: 1, ..NOTHING };
const KNOWN_FAILED: EndpointStats = EndpointStats { known: 1, known_unresolved: 1, ..NOTHING };

/// Gateways of one worker each, and their service.
struct Fleet {
    gateways: Vec<(MemoryStore, AttackMonitor)>,
    /// The count of each window. None while the service is gone.
    service: Option<BTreeMap<u32, u32>>,
    now: Millis,
}

impl Fleet {
    fn new(gateways: usize) -> Self {
        let gateway = |_| (MemoryStore::new(), worker(0).in_a_fleet(true));
        let service = Some(BTreeMap::new());
        Self { gateways: (0..gateways).map(gateway).collect(), service, now: NOW }
    }

    fn note(&self, gateway: usize, stats: &EndpointStats) {
        self.gateways[gateway % self.gateways.len()].1.note(WEB, stats);
    }

    /// Each gateway ticks, tells the service what is new, and takes the answer.
    fn pass_second(&mut self) {
        for (store, monitor) in &self.gateways {
            monitor.tick(store, self.now);
            for NewSuspicion { endpoint, window, percent } in
                monitor.new_suspicions(store, self.now)
            {
                let Some(service) = &mut self.service else { continue };
                let count = service.entry(window).or_default();
                *count += percent;
                if *count > SUSPICION_LIMIT {
                    monitor.note_over(store, endpoint, self.now);
                }
            }
        }
        self.now = self.now.plus_seconds(1);
    }

    fn pass(&mut self, seconds: u32) {
        (0..seconds).for_each(|_| self.pass_second());
    }

    /// The n-th visit of people, who come to all gateways: one in seven on an unknown device, of which
    /// one in twenty-one stays unresolved.
    fn person_comes(&self, n: usize) {
        let visit = match (n % 7, n / 7 % 21) {
            (0, 0) => UNRESOLVED,
            (0, _) => GOT_IN,
            _ => KNOWN,
        };
        // Seven numbers in a row at one gateway, or it would see no unknown devices.
        self.note(n / 7, &visit);
    }

    /// The most that the service has counted in a window.
    fn most_counted(&self) -> u32 {
        let counts = self.service.iter().flat_map(BTreeMap::values);
        counts.copied().max().unwrap_or_default()
    }

    /// Which gateways are in attack mode.
    fn attacked(&self) -> Vec<usize> {
        let is_attacked = |at: &usize| self.gateways[*at].1.view(&[WEB]).under_attack;
        (0..self.gateways.len()).filter(is_attacked).collect()
    }
}

/// The attempts until the first gateway is in attack mode, and until each one is. They go to the
/// gateways in turn, one in so many seconds.
fn seen_after(fleet: &mut Fleet, attempt: &EndpointStats, seconds: u32) -> Option<(usize, usize)> {
    let mut first = None;
    for n in 0..1_000 {
        fleet.note(n, attempt);
        fleet.pass(seconds);
        let attacked = fleet.attacked().len();
        if attacked > 0 {
            first = first.or(Some(n + 1));
        }
        if attacked == fleet.gateways.len() {
            return first.map(|first| (first, n + 1));
        }
    }
    None
}

#[test]
fn attack_over_up_to_eight_gateways_is_seen_within_one_and_a_half_times_the_attempts_of_one() {
    for attempt in [UNRESOLVED, FAILED] {
        for seconds in [2, 30] {
            let seen = |gateways| seen_after(&mut Fleet::new(gateways), &attempt, seconds);
            assert_eq!(seen(1), Some((20, 20)));
            for gateways in [2, 4, 8] {
                let (first, each) = seen(gateways).expect("an attack");
                assert!(first <= 23 && each <= 30, "{gateways} gateways: {first}, {each}");
            }
        }
    }
}

#[test]
fn the_documentation_shows_after_how_many_attempts_an_attack_is_seen() {
    let row = |gateways| {
        let (first, each) = seen_after(&mut Fleet::new(gateways), &FAILED, 2).expect("an attack");
        format!("| {gateways} | {first} | {each} |\n")
    };
    let rows: String = [1, 2, 4, 8, 16, 32].into_iter().map(row).collect();
    assert!(
        include_str!("../../../../docs/fleet.md").contains(&rows),
        "docs/fleet.md lacks:\n{rows}"
    );
}

/// The attempts of an attack beside people until the first gateway sees it.
fn seen_beside_people(gateways: usize, attempt: &EndpointStats) -> usize {
    let mut fleet = Fleet::new(gateways);
    let mut attempts = 0;
    for second in 0..7_200 {
        if second % 6 == 0 {
            fleet.person_comes(second / 6);
        }
        if second > 1_800 && second % 24 == 0 {
            fleet.note(attempts, attempt);
            attempts += 1;
        }
        fleet.pass(1);
        if !fleet.attacked().is_empty() {
            break;
        }
    }
    attempts
}

#[test]
fn attack_beside_four_times_as_many_people_is_seen_as_soon() {
    for attempt in [UNRESOLVED, FAILED] {
        let alone = seen_beside_people(1, &attempt);
        assert!((10..40).contains(&alone), "{alone}");
        for gateways in [2, 4, 8] {
            let spread = seen_beside_people(gateways, &attempt);
            assert!(2 * spread <= 3 * alone, "{gateways} gateways: {spread}, one: {alone}");
        }
    }
}

/// Numbers that look random, each below `end`: Lehmer's generator with the multiplier of Park and Miller.
fn random(seed: &mut u64, end: usize) -> usize {
    *seed = *seed * 48_271 % 0x7fff_ffff;
    (*seed >> 8) as usize % end
}

/// Six hours at eight gateways, to which people come by chance, 600 an hour, beside an attack at the
/// first ones. Returns the share of the time for which attack mode held at the last one, and the most
/// that the service counted.
fn by_chance(attacked: usize) -> (f64, u32) {
    const SECONDS: u32 = 6 * 3_600;
    let (mut fleet, mut seed, mut held) = (Fleet::new(8), 7, 0);
    for second in 0..SECONDS as usize {
        if random(&mut seed, 6) == 0 {
            let visit = match (random(&mut seed, 7), random(&mut seed, 20)) {
                (0, 0) => UNRESOLVED,
                (0, _) => GOT_IN,
                _ => KNOWN,
            };
            fleet.note(random(&mut seed, 8), &visit);
        }
        if attacked > 0 && second % 6 == 0 {
            fleet.note(second / 6 % attacked, &UNRESOLVED);
        }
        fleet.pass(1);
        held += u32::from(fleet.attacked().contains(&7));
    }
    (f64::from(held) / f64::from(SECONDS), fleet.most_counted())
}

#[test]
fn people_alone_do_not_exceed_the_limit_of_the_fleet() {
    let (held, counted) = by_chance(0);
    assert!(held == 0.0 && counted < SUSPICION_LIMIT, "{held}, {counted}");
}

#[test]
fn attack_at_two_of_eight_gateways_leaves_the_others_alone_for_nine_tenths_of_the_time() {
    let (held, counted) = by_chance(2);
    assert!(counted > SUSPICION_LIMIT, "{counted}");
    assert!(held < 0.1, "{held}");
}

/// What one gateway sees, while the others see people, for two hours: where attack mode was, and the
/// most that the service counted.
fn at_one_gateway(visit: impl Fn(usize) -> EndpointStats) -> (Vec<usize>, u32) {
    let (mut fleet, mut attacked) = (Fleet::new(4), Vec::new());
    for second in 0..7_200 {
        fleet.note(0, &visit(second));
        if second % 3 == 0 {
            fleet.person_comes(second / 3);
        }
        fleet.pass(1);
        attacked.extend(fleet.attacked());
    }
    attacked.sort_unstable();
    attacked.dedup();
    (attacked, fleet.most_counted())
}

#[test]
fn rush_of_people_at_one_gateway_begins_it_nowhere() {
    // All on new devices. Every second visit begins with a wrong password, which one in five times is a
    // breached one, and one in ten stays unresolved.
    let rush = at_one_gateway(|n| match n % 10 {
        0 => UNRESOLVED,
        1..=4 => EndpointStats { failed: 1, failed_breached: i32::from(n % 10 == 1), ..GOT_IN },
        _ => GOT_IN,
    });
    assert_eq!(rush, (vec![], 0));
}

#[test]
fn release_that_breaks_the_logins_at_one_gateway_begins_it_nowhere() {
    let release = at_one_gateway(|n| if n % 7 == 0 { UNRESOLVED } else { KNOWN_FAILED });
    assert!(release.0.is_empty(), "{release:?}");
}

#[test]
fn attack_at_one_gateway_begins_it_at_no_other() {
    let (attacked, counted) = at_one_gateway(|_| FAILED);
    assert_eq!(attacked, [0]);
    assert!(counted < SUSPICION_LIMIT, "{counted}");
}

#[test]
fn without_the_service_each_gateway_decides_alone() {
    let mut fleet = Fleet { service: None, ..Fleet::new(4) };
    let (first, _) = seen_after(&mut fleet, &FAILED, 2).expect("an attack");
    assert_eq!(first, 19 * 4 + 1, "twenty at one gateway");
}

#[test]
fn what_the_service_said_is_forgotten_a_minute_after_it_is_gone() {
    let few_after = |seconds: u32| {
        let mut fleet = Fleet::new(1);
        let (store, monitor) = &fleet.gateways[0];
        monitor.note_over(store, Some(WEB), NOW);
        fleet.service = None;
        fleet.pass(seconds);
        (0..5).for_each(|_| fleet.note(0, &FAILED));
        fleet.pass(2);
        fleet.attacked()
    };
    assert_eq!(few_after(10), [0]);
    assert!(few_after(60).is_empty());
}

#[test]
fn mode_that_the_fleet_began_ends_with_the_attack() {
    let mut fleet = Fleet::new(4);
    seen_after(&mut fleet, &UNRESOLVED, 2).expect("an attack");
    for second in 0..3_600 {
        fleet.person_comes(second);
        fleet.pass(1);
    }
    assert!(fleet.attacked().is_empty());
}

//! Several gateways and a service that counts for them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;
use crate::fleet::message::FleetMessage;

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Ten failures of the fleet, or of one gateway.
fn policy() -> String {
    LIMIT_TEN.replace("\"ban\":", "\"scope\":\"fleet\",\"ban\":").replacen(
        '{',
        &format!(r#"{{"fleet":{{"cluster":"limiter","key":"{KEY}"}},"#),
        1,
    )
}

/// A service that answers over the limit from the eleventh hit under the same descriptors.
#[derive(Default)]
struct Service {
    hits: RefCell<BTreeMap<Vec<u8>, u32>>,
}

impl Service {
    fn answer(&self, question: Vec<u8>) -> &'static [u8] {
        let mut hits = self.hits.borrow_mut();
        let count = hits.entry(question).or_default();
        *count += 1;
        if *count > 10 { b"\x08\x02" } else { b"\x08\x01" }
    }

    fn calls(&self) -> u32 {
        self.hits.borrow().values().sum()
    }
}

/// The report of a login that fails, if it reaches upstream.
fn fail(site: &Site, ip: &str, n: u32) -> Option<FleetMessage> {
    report(site.login(ip, &format!("user{n}"), &format!("leaked{n}")))
}

fn report(mut sent: Sent<'_>) -> Option<FleetMessage> {
    let response = header_list(&[(":status", "401")]);
    let (host, response) = (sent.site.host(), Headers::new(&response));
    let learnt = sent.site.engine.response_headers(&host, &mut sent.attempt, response)?;
    learnt.fleet_report.map(FleetMessage::Failure)
}

/// Fails and takes the service's answer.
fn fail_and_ask(site: &Site, service: &Service, ip: &str, n: u32) {
    let Some(report) = fail(site, ip, n) else { return };
    let question = site.engine.fleet_question(&report, site.now.get()).expect("a question");
    let answer = service.answer(question);
    site.engine.fleet_answer(&site.host(), &report, answer).expect("an answer");
}

fn is_stopped(site: &Site, ip: &str) -> bool {
    site.login(ip, "alice", "right").action() == Action::Block
}

const BOT: &str = "192.0.2.1";

#[test]
fn attack_over_four_gateways_is_cut_off_at_each_one_within_a_failure_after_the_limit() {
    let (service, sites) = (Service::default(), [(); 4].map(|()| Site::new(&policy())));
    let mut reached = 0;
    for n in 0..400 {
        let site = &sites[(n % 4) as usize];
        reached += u32::from(!is_stopped(site, BOT));
        fail_and_ask(site, &service, BOT, n);
    }
    assert!(sites.iter().all(|site| is_stopped(site, BOT)));
    assert_eq!(reached, 10 + 4, "the limit, and one failure at each gateway");
    assert_eq!(service.calls(), 14, "what a ban stops is not reported");
}

#[test]
fn question_names_the_window_that_it_is_asked_in() {
    let site = Site::new(&policy());
    let report = fail(&site, BOT, 1).expect("a report");
    let now = site.now.get();
    let ask =
        |seconds| site.engine.fleet_question(&report, now.plus_seconds(seconds)).expect("one");
    let in_window = u64::from(now.seconds()) % 3_600;
    assert_eq!(ask(0), ask(3_599 - in_window));
    assert_ne!(ask(0), ask(3_600 - in_window));
}

#[test]
fn gateway_that_knows_nothing_learns_at_its_first_failure() {
    let service = Service::default();
    let one = Site::new(&policy());
    (0..11).for_each(|n| fail_and_ask(&one, &service, BOT, n));
    let restarted = Site::new(&policy());
    assert!(!is_stopped(&restarted, BOT));
    fail_and_ask(&restarted, &service, BOT, 99);
    assert!(is_stopped(&restarted, BOT));
}

#[test]
fn successes_and_repeated_pairs_are_not_reported() {
    let site = Site::new(&policy());
    assert!(fail(&site, BOT, 1).is_some());
    assert_eq!(fail(&site, BOT, 1), None, "the same pair");
    let mut sent = site.login(BOT, "alice", "right");
    let response = header_list(&[(":status", "200")]);
    let response = Headers::new(&response);
    let learnt = site.engine.response_headers(&site.host(), &mut sent.attempt, response);
    assert_eq!(learnt.and_then(|learnt| learnt.fleet_report), None);
}

#[test]
fn nothing_is_reported_without_a_fleet() {
    assert_eq!(fail(&Site::new(LIMIT_TEN), BOT, 1), None);
}

#[test]
fn address_where_people_get_in_is_not_banned_for_what_others_count() {
    let service = Service::default();
    let attacked = Site::new(&policy());
    (0..11).for_each(|n| fail_and_ask(&attacked, &service, BOT, n));
    let office = Site::new(&policy());
    office.login(BOT, "alice", "right").answered("200");
    fail_and_ask(&office, &service, BOT, 99);
    assert!(!is_stopped(&office, BOT));
}

#[test]
fn client_on_the_allow_list_is_not_reported() {
    let allowed = policy().replacen('{', r#"{"client":{"allow":["192.0.2.0/24"]},"#, 1);
    assert_eq!(fail(&Site::new(&allowed), BOT, 1), None);
}

#[test]
fn in_shadow_mode_a_fleet_ban_stops_nobody_and_ends_the_reports() {
    let service = Service::default();
    let attacked = Site::new(&policy());
    (0..10).for_each(|n| fail_and_ask(&attacked, &service, BOT, n));
    let shadow = Site::new(&policy().replace("enforce", "shadow"));
    (20..25).for_each(|n| fail_and_ask(&shadow, &service, BOT, n));
    assert!(!is_stopped(&shadow, BOT));
    assert_eq!(service.calls(), 10 + 1);
}

#[test]
fn service_is_told_neither_address_nor_username() {
    let site = Site::new(&policy());
    let report = fail(&site, BOT, 1).expect("a report");
    let question = site.engine.fleet_question(&report, site.now.get()).expect("a question");
    let holds = |text: &[u8]| question.windows(text.len()).any(|part| part == text);
    assert!(holds(b"ip-failures"));
    assert!(!holds(BOT.as_bytes()) && !holds(&[192, 0, 2, 1]) && !holds(b"user1"));
}

#[test]
fn tag_differs_by_key_and_is_the_same_at_each_gateway() {
    let question = |policy: &str| {
        let site = Site::new(policy);
        let report = fail(&site, BOT, 1).expect("a report");
        site.engine.fleet_question(&report, site.now.get())
    };
    let other = policy().replace("0011", "1100");
    assert_eq!(question(&policy()), question(&policy()));
    assert_ne!(question(&policy()), question(&other));
}

#[test]
fn garbage_is_no_answer_and_local_counting_goes_on() {
    let site = Site::new(&policy());
    for n in 0..10 {
        let report = fail(&site, BOT, n).expect("a report");
        assert!(site.engine.fleet_answer(&site.host(), &report, b"garbage").is_none());
    }
    assert!(is_stopped(&site, BOT), "by its own ten failures");
}

#[test]
fn answer_that_comes_twice_begins_one_ban() {
    let site = Site::new(&policy());
    let report = fail(&site, BOT, 1).expect("a report");
    for _ in 0..3 {
        site.engine.fleet_answer(&site.host(), &report, b"\x08\x02").expect("an answer");
    }
    assert!(is_stopped(&site, BOT));
    site.wait(601);
    assert!(!is_stopped(&site, BOT), "no strike makes it longer");
}

/// Five addresses fail once each: the suspicion that the fleet is told of.
fn suspect(site: &Site) -> Vec<FleetMessage> {
    (0..5).for_each(|n| drop(fail(site, &format!("192.0.2.{n}"), n)));
    site.wait(1);
    site.engine.new_suspicions(&site.host()).into_iter().map(FleetMessage::Suspicion).collect()
}

#[test]
fn suspicion_is_told_once_and_without_any_client() {
    let site = Site::new(&policy());
    let told = suspect(&site);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(site.engine.new_suspicions(&site.host()), []);
    let question = site.engine.fleet_question(&told[0], site.now.get()).expect("a question");
    let holds = |text: &[u8]| question.windows(text.len()).any(|part| part == text);
    assert!(holds(b"site.under_attack") && holds(b"web"));
    assert!(!holds(b"192.0.2") && !holds(b"user") && !holds(b"client"));
}

#[test]
fn one_address_that_fails_at_every_gateway_is_no_attack() {
    let site = Site::new(&policy());
    (0..9).for_each(|n| drop(fail(&site, BOT, n)));
    site.wait(1);
    assert_eq!(site.engine.new_suspicions(&site.host()), []);
}

#[test]
fn suspicion_begins_attack_mode_only_over_the_limit_of_the_fleet() {
    for (answer, begins) in [(b"\x08\x01", false), (b"\x08\x02", true)] {
        let site = Site::new(&policy());
        let told = suspect(&site);
        site.engine.fleet_answer(&site.host(), &told[0], answer).expect("an answer");
        site.now.set(site.now.get().plus_seconds(1));
        let changes = site.engine.tick(&site.host());
        assert_eq!(changes.iter().any(|change| change.under_attack), begins, "{answer:?}");
    }
}

//! The steps of the demo: logins of customers and of an attacker, with the expected result.

use std::net::Ipv4Addr;
use std::time::Instant;

use unstuff_tests::{ReceivedRequest, Sandbox, form};

use crate::login_app::{ANNA, BERT, CARLA, Customer, DORA};
use crate::table::{DemoTable, TableRow};

/// The number of stolen credentials.
const STOLEN: usize = 200;

/// The failures that the operators' example allows one address in an hour.
const ALLOWED: usize = 10;

/// One step: the requests of a client, their statuses, and what reached the application.
struct DemoStep {
    from: Ipv4Addr,
    what: String,
    statuses: Vec<u16>,
    reached: Vec<ReceivedRequest>,
}

/// Runs all steps and prints each as a row. Returns whether all went as expected.
pub(crate) async fn run(sandbox: &Sandbox, title: &str) -> bool {
    let start = Instant::now();
    let table = DemoTable::begin(title);
    let mut passed = true;
    let mut print = |step: DemoStep, annotations: String, expectations: &[(bool, &str)]| {
        let failed = expectations.iter().find(|(holds, _)| !holds);
        let missed = failed.map(|(_, expectation)| (*expectation).to_owned());
        passed &= missed.is_none();
        let answers = runs(&step.statuses);
        table.print(&TableRow {
            from: step.from.to_string(),
            what: step.what,
            answers,
            annotations,
            missed,
        });
    };

    let anna = logs_in(sandbox, client(11), &ANNA, 0, "Anna logs in").await;
    let (annotations, gets_in) = (anna.last_annotations(), anna.statuses == [200]);
    print(anna, annotations, &[(gets_in, "she gets in")]);

    let bert = logs_in(sandbox, client(12), &BERT, 2, "Bert mistypes twice, then gets in").await;
    let (annotations, gets_in) = (bert.last_annotations(), bert.statuses == [401, 401, 200]);
    print(bert, annotations, &[(gets_in, "he gets in at the third attempt")]);

    let carla =
        logs_in(sandbox, client(13), &CARLA, 0, "Carla's password is known from a breach").await;
    let (annotations, gets_in) = (carla.last_annotations(), carla.statuses == [200]);
    let is_annotated = carla
        .reached
        .iter()
        .all(|received| received.header("exposed-credential-check") == Some("4"));
    print(
        carla,
        annotations,
        &[
            (gets_in, "she gets in, because a breached password alone never blocks"),
            (is_annotated, "the application is told, by the header exposed-credential-check: 4"),
        ],
    );

    let (attacker, dora) = attack(sandbox).await;
    let expected = [vec![401; ALLOWED], vec![429; STOLEN - ALLOWED]].concat();
    let cut_off = attacker.statuses == expected;
    let nothing_more = attacker.reached.len() == ALLOWED;
    let annotations = format!("{} of {STOLEN}, of the others nothing", attacker.reached.len());
    print(
        attacker,
        annotations,
        &[
            (cut_off, "the first 10 fail, all others are stopped with 429"),
            (nothing_more, "only the first 10 reach the application"),
        ],
    );
    let (annotations, gets_in) = (dora.last_annotations(), dora.statuses == [200]);
    print(dora, annotations, &[(gets_in, "she gets in as if nothing happened")]);

    // A metric is up to a second old, and is waited for.
    let (reached, seconds) = (sandbox.app.request_count(), start.elapsed().as_secs_f32());
    let attempts = sandbox.metric("unstuff.attempts").await;
    table.end(&format!(
        "{attempts} logins in {seconds:.1} s; {reached} reached the application, {} were stopped",
        sandbox.metric("unstuff.verdict.block").await
    ));
    passed
}

/// A customer mistypes the password `typos` times, then logs in.
async fn logs_in(
    sandbox: &Sandbox,
    from: Ipv4Addr,
    customer: &Customer,
    typos: usize,
    what: &str,
) -> DemoStep {
    let seen_before = sandbox.app.request_count();
    let mut statuses = Vec::new();
    for typo in 0..typos {
        let wrong = format!("{}{}", customer.password, "x".repeat(typo + 1));
        statuses.push(sandbox.send_from(from, form(customer.user, &wrong)).await.status);
    }
    statuses.push(sandbox.send_from(from, form(customer.user, customer.password)).await.status);
    let reached = sandbox.app.received().split_off(seen_before);
    DemoStep { from, what: what.to_owned(), statuses, reached }
}

/// One address tries all stolen credentials. Halfway through, Dora logs in from another address.
async fn attack(sandbox: &Sandbox) -> (DemoStep, DemoStep) {
    let from = client(66);
    let (mut statuses, mut reached) = (Vec::new(), Vec::new());
    let mut dora = None;
    for number in 0..STOLEN {
        if number == STOLEN / 2 {
            let what = "Dora logs in while that goes on";
            dora = Some(logs_in(sandbox, client(14), &DORA, 0, what).await);
        }
        let seen_before = sandbox.app.request_count();
        let stolen = form(&format!("customer-{number}"), &format!("stolen-{number}"));
        statuses.push(sandbox.send_from(from, stolen).await.status);
        reached.extend(sandbox.app.received().split_off(seen_before));
    }
    let what = format!("somebody tries {STOLEN} stolen logins");
    let attacker = DemoStep { from, what, statuses, reached };
    let nobody = DemoStep { from, what: String::new(), statuses: Vec::new(), reached: Vec::new() };
    (attacker, dora.unwrap_or(nobody))
}

impl DemoStep {
    /// The annotations of the last login that reached the application.
    fn last_annotations(&self) -> String {
        let Some(received) = self.reached.last() else { return "nothing".to_owned() };
        let verdict =
            format!("verdict {}", received.header("x-unstuff-verdict").unwrap_or("missing"));
        match received.header("exposed-credential-check") {
            Some(value) => format!("{verdict}, exposed-credential-check: {value}"),
            None => verdict,
        }
    }
}

/// A loopback address.
fn client(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, last)
}

/// `401 × 10, 429 × 190` for a long run, `401 401 200` for a short one.
fn runs(statuses: &[u16]) -> String {
    let runs = statuses.chunk_by(|one, next| one == next);
    let text = runs.map(|run| match run {
        [status, _, _, ..] => format!("{status} × {}", run.len()),
        short => short.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    });
    text.collect::<Vec<_>>().join(if statuses.len() > 3 { ", " } else { " " })
}

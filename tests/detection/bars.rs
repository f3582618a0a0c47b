//! The bars of each trace: the least share of the attack that is stopped, and the largest shares
//! of people that are stopped, challenged or blocked. All in per cent.

/// A trace and its bars.
pub(crate) struct DetectionBar {
    /// The name in `unstuff simulate`.
    pub scenario: &'static str,
    /// The least share of the attack's attempts that is stopped; `None` without an attack. The bar
    /// for its successes is lower by [`TAKEOVERS_LESS`].
    pub stopped: Option<f64>,
    /// The largest share of people's attempts that is stopped.
    pub people_stopped: f64,
}

/// The difference between the bars of attempts and of account takeovers, of which there are few.
pub(crate) const TAKEOVERS_LESS: f64 = 3.0;
/// The largest share of people's attempts that is blocked in any trace.
pub(crate) const PEOPLE_BLOCKED: f64 = 0.01;
/// The largest share of people's attempts that is challenged in a trace without an attack.
pub(crate) const CHALLENGED_IN_PEACE: f64 = 0.2;
/// The largest share of people's attempts that is challenged in a trace with an attack.
pub(crate) const CHALLENGED_IN_ATTACK: f64 = 5.0;

/// For people stopped without an attack.
const PEACE: f64 = 0.02;
/// For people stopped behind a shared address or in a crowd.
const CROWD: f64 = 0.1;
/// For people stopped during an attack.
const ATTACK: f64 = 0.15;
/// For people stopped during an attack of more than four hours.
const LONG_ATTACK: f64 = 0.25;

const fn attack(scenario: &'static str, stopped: f64, people_stopped: f64) -> DetectionBar {
    DetectionBar { scenario, stopped: Some(stopped), people_stopped }
}

const fn peace(scenario: &'static str, people_stopped: f64) -> DetectionBar {
    DetectionBar { scenario, stopped: None, people_stopped }
}

/// The bars of all traces.
pub(crate) static BARS: [DetectionBar; 22] = [
    attack("one-host", 99.7, ATTACK),
    attack("ipv6-rotation", 99.7, ATTACK),
    attack("few-hosts", 99.5, ATTACK),
    attack("slow-pool", 98.0, LONG_ATTACK),
    attack("vast-tool", 99.5, ATTACK),
    attack("vast-popular", 95.0, ATTACK),
    attack("vast-people", 92.0, ATTACK),
    attack("vast-quiet", 85.0, LONG_ATTACK),
    attack("vast-first-minute", 88.0, ATTACK),
    attack("slow-ramp", 75.0, LONG_ATTACK),
    attack("residential", 90.0, ATTACK),
    attack("credit-buyer", 97.0, LONG_ATTACK),
    attack("vast-solving", 75.0, ATTACK),
    attack("spray", 99.0, LONG_ATTACK),
    attack("one-account", 98.0, ATTACK),
    peace("calm", PEACE),
    peace("broken-script", PEACE),
    peace("mobile-app", PEACE),
    peace("school", CROWD),
    peace("mail-out", CROWD),
    peace("sale", CROWD),
    peace("monday-nine", CROWD),
];

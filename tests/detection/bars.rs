//! The bars: of each trace, how much of the attack is stopped at least, and how many people
//! are troubled at most. All in per cent.

/// A trace and its bars.
pub struct DetectionBar {
    /// As `unstuff simulate` names it.
    pub scenario: &'static str,
    /// Of the attack's attempts, stopped at least; none where there is no attack. Of its
    /// successes, so many less [`TAKEOVERS_LESS`].
    pub stopped: Option<f64>,
    /// Of people's attempts, stopped at most.
    pub people_stopped: f64,
}

/// Takeovers may be stopped by so much less than attempts: there are few of them.
pub const TAKEOVERS_LESS: f64 = 3.0;
/// Of people's attempts, blocked at most, whatever happens.
pub const PEOPLE_BLOCKED: f64 = 0.01;
/// Of people's attempts, challenged at most while nothing happens.
pub const CHALLENGED_IN_PEACE: f64 = 0.2;
/// Of people's attempts, challenged at most in a trace with an attack.
pub const CHALLENGED_IN_ATTACK: f64 = 5.0;

/// Ordinary people.
const PEACE: f64 = 0.02;
/// People in a school, or in a crowd.
const CROWD: f64 = 0.1;
/// People while an attack goes on.
const ATTACK: f64 = 0.15;
/// People while an attack goes on for more than four hours.
const LONG_ATTACK: f64 = 0.25;

const fn attack(scenario: &'static str, stopped: f64, people_stopped: f64) -> DetectionBar {
    DetectionBar { scenario, stopped: Some(stopped), people_stopped }
}

const fn peace(scenario: &'static str, people_stopped: f64) -> DetectionBar {
    DetectionBar { scenario, stopped: None, people_stopped }
}

/// All of them.
pub const BARS: [DetectionBar; 22] = [
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

impl DetectionBar {
    /// Its place in the table.
    pub fn place(&self) -> usize {
        BARS.iter().position(|row| row.scenario == self.scenario).unwrap_or(BARS.len())
    }
}

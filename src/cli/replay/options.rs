//! How a replay runs: what is counted, when the state is lost, and how many gateways there are.

/// Options of a replay, beside its policy and its traces.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct ReplayOptions {
    /// The seed of all keys
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Count only what comes this long after the trace's begin (90m, 5d); what is before teaches
    #[arg(long, value_name = "TIME", value_parser = milliseconds)]
    pub count_after: Option<u64>,
    /// Lose the state this long after the trace's begin, as a restart of all gateways does; cookies
    /// stay valid, as with a configured key
    #[arg(long, value_name = "TIME", value_parser = milliseconds)]
    pub restart_after: Option<u64>,
    /// Gateways behind a balancer, each with a state of its own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub gateways: u8,
    /// Every rule is measured at each login.
    #[arg(skip)]
    pub explains: bool,
}

impl ReplayOptions {
    /// The usual run, which measures every rule.
    pub(crate) fn explaining() -> Self {
        Self { seed: 1, count_after: None, restart_after: None, gateways: 1, explains: true }
    }
}

#[cfg(test)]
impl ReplayOptions {
    /// The usual run with keys of this seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self { seed, explains: false, ..Self::explaining() }
    }
}

/// A time with its unit, in milliseconds.
fn milliseconds(text: &str) -> Result<u64, String> {
    let wrong = || "give a time with its unit: 90s, 15m, 3h or 2d".to_owned();
    let units = [('d', 86_400_000), ('h', 3_600_000), ('m', 60_000), ('s', 1_000)];
    let (digits, unit) = units
        .iter()
        .find_map(|&(unit, milliseconds)| Some((text.strip_suffix(unit)?, milliseconds)))
        .ok_or_else(wrong)?;
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(unit).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(milliseconds("90s"), Ok(90_000));
        assert_eq!(milliseconds("5d"), Ok(432_000_000));
        for wrong in ["5", "h", "1.5h", "99999999999999999999d", "-1s", ""] {
            assert!(milliseconds(wrong).is_err(), "{wrong}");
        }
    }
}

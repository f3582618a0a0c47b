//! The policy of the challenge: its validated configuration.

use super::binding::BindingPolicy;
use super::surcharge::SurchargePolicy;
use crate::tokens::signing::SecretKey;

/// The configuration of the challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengePolicy {
    /// How hard puzzles are: [`super::puzzle::PuzzleAlgorithm::bits`].
    pub difficulty: u8,
    /// How much harder puzzles become for a network that is given many; `None` if they do not.
    pub surcharge: Option<SurchargePolicy>,
    /// How long a puzzle, a completed wait or a handover is valid, in seconds.
    pub expires_seconds: u32,
    /// The login attempts of a pass.
    pub attempts: u8,
    /// How long a pass is valid, in seconds.
    pub pass_seconds: u32,
    /// What tokens are bound to.
    pub binding: BindingPolicy,
    /// The wait for browsers without JavaScript; `None` if it is disabled.
    pub no_script: Option<NoScript>,
    /// Whether the script is added to login pages on their way.
    pub inject: bool,
    /// What is challenged in attack mode.
    pub at: ChallengedAt,
    /// The operator's page template.
    pub page: Option<String>,
    /// The external challenge that browsers are redirected to instead.
    pub handover: Option<Handover>,
}

impl Default for ChallengePolicy {
    fn default() -> Self {
        Self {
            // About a second in a browser on one slow core: 16 × 2^15 walks.
            difficulty: 15,
            surcharge: Some(SurchargePolicy::default()),
            expires_seconds: 300,
            // People mistype a password twice.
            attempts: 3,
            pass_seconds: 600,
            binding: BindingPolicy::default(),
            no_script: Some(NoScript::default()),
            inject: false,
            at: ChallengedAt::default(),
            page: None,
            handover: None,
        }
    }
}

/// What is challenged in attack mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChallengedAt {
    /// A login.
    #[default]
    Login,
    /// The login page, too, before anything is typed.
    Page,
}

/// The wait that replaces the puzzle for browsers without JavaScript. Waiting in parallel is free,
/// so the number of waits that are admitted is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoScript {
    /// The first wait, in seconds; it doubles each time the limit is reached.
    pub wait_seconds: u32,
    /// Waits admitted per minute and network (IPv4 /24, IPv6 /48).
    pub per_network: u8,
    /// Waits admitted per minute and endpoint.
    pub per_endpoint: u8,
}

impl Default for NoScript {
    fn default() -> Self {
        Self { wait_seconds: 15, per_network: 3, per_endpoint: 30 }
    }
}

/// An external challenge that browsers are redirected to and that redirects them back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// Its address.
    pub url: String,
    /// The login location that it redirects back to, as browsers reach it.
    pub return_to: String,
    /// The key that both sides sign with.
    pub key: SecretKey,
}

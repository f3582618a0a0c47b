//! Gateways that count together, and an attacker of theirs.

use std::net::Ipv4Addr;

use serde_json::json;

use crate::policy::{PolicyBuilder, policy};
use crate::request::{Request, form};
use crate::sandbox::Sandbox;
use crate::wait::eventually;

/// The most failures of an attacker.
pub const LIMIT: u32 = 10;

/// How long a service may take that is well: the most that is allowed, because a machine may be busy.
pub const PATIENT_MS: u32 = 2_000;

/// Bans an address at more than [`LIMIT`] failures of the fleet in a day. With an hour the number of
/// the window would change under one test of a thousand.
pub fn fleet_policy() -> PolicyBuilder {
    fleet_policy_with(LIMIT, PATIENT_MS)
}

/// The same with another limit, and so many milliseconds for the service.
pub fn fleet_policy_with(limit: u32, timeout_ms: u32) -> PolicyBuilder {
    let key = "0f".repeat(32);
    let fleet = json!({ "cluster": "limiter", "key": key, "timeout_ms": timeout_ms });
    policy().with("fleet", fleet).rule(json!({
        "name": "ip-failures", "scope": "fleet",
        "when": { "ip.distinct_failures": { "over": limit, "within": "24h" } },
        "then": "block", "ban": "ip", "for": "1h"
    }))
}

/// A gateway with two workers whose service is at this port of loopback.
pub async fn gateway(policy: PolicyBuilder, service: u16) -> Sandbox {
    Sandbox::builder(policy).workers(2).cluster("limiter", Some(service)).start().await
}

/// A client that guesses passwords from one address.
#[derive(Clone, Copy, Debug)]
pub struct Attacker(Ipv4Addr);

impl Attacker {
    /// One of many, each from an address of its own.
    pub fn number(number: u32) -> Self {
        Self(Ipv4Addr::from(u32::from(Ipv4Addr::new(198, 18, 0, 0)) + number))
    }

    /// Guesses wrong. Each number is another guess.
    ///
    /// # Panics
    /// If the application does not get to see it.
    pub async fn guess(self, gateway: &Sandbox, number: u32) {
        let status = self.try_guess(gateway, number).await;
        assert_eq!(status, 401, "guess {number} from {}", self.0);
    }

    /// A wrong guess.
    pub fn request(self, number: u32) -> Request {
        form(&format!("user-{number}"), "wrong").from(&self.0.to_string())
    }

    async fn try_guess(self, gateway: &Sandbox, number: u32) -> u16 {
        gateway.send(self.request(number)).await.status
    }

    /// Guesses wrong, and waits until the service has answered.
    pub async fn guess_and_be_counted(self, gateway: &Sandbox, number: u32) {
        let before = answers(gateway).await;
        self.guess(gateway, number).await;
        eventually("the service answers", || async { answers(gateway).await > before }).await;
    }

    /// Whether the gateway refuses a guess that it has let through before, which counts no more.
    pub async fn is_banned(self, gateway: &Sandbox, number: u32) -> bool {
        self.try_guess(gateway, number).await == 429
    }

    /// Guesses once more, after which the gateway bans.
    pub async fn is_cut_off_by_one_more(self, gateway: &Sandbox, number: u32) {
        self.guess_and_be_counted(gateway, number).await;
        eventually("the gateway bans", || self.is_banned(gateway, number)).await;
    }

    /// Guesses as often as the limit allows, in turn at each gateway; then each lets through one guess
    /// more.
    ///
    /// # Panics
    /// If the attacker is stopped sooner, or not then.
    pub async fn is_cut_off_by_all(self, gateways: &[Sandbox]) {
        for (number, gateway) in (0..LIMIT).zip(gateways.iter().cycle()) {
            self.guess_and_be_counted(gateway, number).await;
        }
        for (number, gateway) in (LIMIT..).zip(gateways) {
            self.is_cut_off_by_one_more(gateway, number).await;
        }
    }

    /// Guesses as often as the limit allows at one gateway, which stops then.
    ///
    /// # Panics
    /// If the attacker is stopped sooner, or not then.
    pub async fn is_cut_off_by(self, gateway: &Sandbox) {
        for number in 0..LIMIT {
            self.guess(gateway, number).await;
        }
        assert_eq!(self.try_guess(gateway, LIMIT).await, 429, "after {LIMIT} failures of its own");
    }
}

/// How many calls the service has answered.
async fn answers(gateway: &Sandbox) -> u64 {
    gateway.envoy.admin.stat("cluster.limiter.upstream_rq_200").await
}

//! The policy: a configuration that has been validated, in the form in which it is used.
//!
//! `config` makes it from what was typed and is the only place that does; a `Policy`
//! cannot be half-valid. Everything here is data. What it means is written where it acts:
//! `recognise` for places, `credentials` for fields, `client` for addresses, `outcome` for
//! response conditions, `rules` for rules.

use crate::challenge::{ChallengePolicy, Clients};
use crate::cors::CorsPolicy;
use crate::decision::signals::{Signal, Subject};
use crate::fleet::FleetPolicy;
use crate::lift::LiftList;
use crate::live_lookup::LiveLookupPolicy;
use crate::outcome::body_condition::ResponseBodyCondition;
use crate::outcome::destination::Destination;
use crate::outcome::local_reply::CodeDetailsPattern;
use crate::outcome::set_cookie::CookiePattern;
use crate::record::RecordPolicy;
use crate::request::client::{AddressSource, Client, Network};
use crate::request::credentials::{BodyCondition, CredentialFields, QueryCondition};
use crate::request::endpoint_match::EndpointMatcher;
use crate::state::{EntryKind, StateSize};
use crate::time::Window;
use crate::tokens::signing::SecretKey;

/// All of a validated configuration.
#[derive(Clone, Debug)]
pub struct Policy {
    /// `Shadow` switches off all enforcement at once, whatever the rules say.
    pub mode: Mode,
    /// The protected login locations; the first that matches an attempt is its endpoint.
    pub endpoints: Vec<Endpoint>,
    /// How to tell who is asking.
    pub client: ClientPolicy,
    /// The rules, in the order in which they are reported.
    pub rules: Vec<Rule>,
    /// What a stopped client is told.
    pub replies: Replies,
    /// How clients are challenged; `None` where an own reply of [`Replies::challenge`] takes
    /// the place of the built-in challenge.
    pub challenge: Option<ChallengePolicy>,
    /// What signs cookies and tokens, the one in use in front; if empty, a random one does.
    pub keys: Vec<SecretKey>,
    /// The most of people's logins, in per cent, that attack mode challenges for being unexpected.
    pub challenge_budget: u8,
    /// The ceiling of the state.
    pub state: StateSize,
    /// The longest body that is read, in bytes; a longer one is unreadable.
    pub max_body_bytes: usize,
    /// Whether the spellings of a mail address that reach one mailbox count as one account.
    pub mailbox_aliases: bool,
    /// Who is asked about passwords that the packed filter does not know, if anybody is.
    pub live_lookup: Option<LiveLookupPolicy>,
    /// Whose bans and failures are forgotten, once.
    pub lift: Option<LiftList>,
    /// The service with which gateways count together.
    pub fleet: Option<FleetPolicy>,
    /// How decisions are recorded, if they are.
    pub record: Option<RecordPolicy>,
}

/// Which endpoint of a policy: its position in [`Policy::endpoints`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointId(usize);

/// Which rule of a policy: its position in [`Policy::rules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(usize);

impl EndpointId {
    /// The endpoint at this position.
    #[must_use]
    pub const fn new(position: usize) -> Self {
        Self(position)
    }

    /// The position: what a list with one item an endpoint is indexed by.
    #[must_use]
    pub const fn position(self) -> usize {
        self.0
    }
}

impl RuleId {
    /// The rule at this position.
    #[must_use]
    pub const fn new(position: usize) -> Self {
        Self(position)
    }

    /// The position: what a list with one item a rule is indexed by.
    #[must_use]
    pub const fn position(self) -> usize {
        self.0
    }
}

impl Policy {
    /// The endpoint; `None` if the id is of another policy.
    #[must_use]
    pub fn endpoint(&self, id: EndpointId) -> Option<&Endpoint> {
        self.endpoints.get(id.0)
    }

    /// The rule; `None` if the id is of another policy.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(id.0)
    }

    /// Every endpoint with its id, in the policy's order.
    pub fn endpoints_with_ids(&self) -> impl Iterator<Item = (EndpointId, &Endpoint)> {
        self.endpoints.iter().enumerate().map(|(position, it)| (EndpointId(position), it))
    }

    /// Every rule with its id, in the policy's order.
    pub fn rules_with_ids(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        self.rules.iter().enumerate().map(|(position, it)| (RuleId(position), it))
    }
}

/// Whether a rule, or all of them, act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Evaluate, count, log and act.
    Enforce,
    /// Evaluate, count and log; do not act.
    Shadow,
}

/// A protected login location.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its name, unique in the policy.
    pub name: String,
    /// Where it is.
    pub matcher: EndpointMatcher,
    /// Where its credentials are.
    pub fields: CredentialFields,
    /// What the body must say for this to be a login at all (all must hold); a body that
    /// cannot be read holds every condition.
    pub body: Vec<BodyCondition>,
    /// Where people log in, if logins are sent elsewhere: what they get back to after a challenge.
    pub login_page: Option<String>,
    /// What the query must say for this to be a login at all (all must hold).
    pub query: Vec<QueryCondition>,
    /// The longest body that is read there, in bytes; the policy's if absent.
    pub max_body_bytes: Option<usize>,
    /// What is sent there.
    pub kind: EndpointKind,
    /// Who logs in.
    pub clients: Clients,
    /// Responses that say that the login failed: any one suffices. Seen before `success`.
    pub failure: Vec<ResponseCondition>,
    /// Responses that say that the login succeeded: any one suffices. `None` where not
    /// configured.
    pub success: Option<Vec<ResponseCondition>>,
    /// Whether any 2xx, 302 or 303 is a success once the endpoint's outcomes are recognised.
    pub learns_success: bool,
}

/// What is sent to an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndpointKind {
    /// A username and a password, to log in.
    #[default]
    Login,
    /// The username alone, on the first page of a login. Its answer may tell whether there is such
    /// an account.
    Identifier,
    /// The current password and a new one, of somebody who is logged in.
    PasswordChange,
    /// A new account. Its answer may tell whether there is one already.
    SignUp,
}

impl EndpointKind {
    /// Whether nothing is tried at an account, so that only a failure counts, and only for the
    /// address.
    #[must_use]
    pub const fn is_about_address_only(self) -> bool {
        matches!(self, Self::Identifier | Self::SignUp)
    }

    /// The stricter kind, for an attempt at two endpoints: it tries an account if it does at either,
    /// and a success is evidence only if it is at both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        match (self.is_about_address_only(), other.is_about_address_only()) {
            _ if self == other => self,
            (true, true) => Self::SignUp,
            _ => Self::PasswordChange,
        }
    }
}

/// A condition on a response; every part that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseCondition {
    /// The status is one of these; any, if empty.
    pub status: Vec<StatusRange>,
    /// A header has this value.
    pub header: Option<HeaderCondition>,
    /// The redirect's `location` starts with this, compared after scheme and host are
    /// taken off.
    pub location: Option<String>,
    /// The kind of page that it redirects to.
    pub redirect: Option<Destination>,
    /// The response sets such a cookie to a value.
    pub cookie: Option<CookiePattern>,
    /// The beginning of the body says this.
    pub body: Option<ResponseBodyCondition>,
    /// A filter behind this one made the response and gives one of these reasons; upstream made it,
    /// if empty.
    pub code_details: Vec<CodeDetailsPattern>,
}

/// Statuses from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusRange {
    /// The lowest.
    pub first: u16,
    /// The highest.
    pub last: u16,
}

/// A header that a response must carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderCondition {
    /// Its name, lower case.
    pub name: String,
    /// A value that it must contain; any, if absent.
    pub contains: Option<String>,
}

/// How to tell who is asking.
#[derive(Clone, Debug)]
pub struct ClientPolicy {
    /// Where the client's address is read.
    pub address: AddressSource,
    /// How many leading bits of an IPv6 address make a client: 64 unless configured.
    pub ipv6_prefix: u8,
    /// The headers, lower case, whose values make a fingerprint.
    pub fingerprint: Vec<String>,
    /// Clients that rules with `exempts_allowed` leave alone.
    pub allow: Vec<Network>,
}

impl ClientPolicy {
    /// Whether a client is on the allow-list.
    #[must_use]
    pub fn is_allow_listed(&self, client: &Client) -> bool {
        client.address.is_some_and(|address| self.allow.iter().any(|n| n.contains(address)))
    }
}

/// A named rule: conditions, an action, perhaps a ban.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, unique in the policy, of `a-z`, `0-9` and `-`: it appears in headers.
    pub name: String,
    /// Why there is such a rule, as its author says.
    pub about: Option<String>,
    /// All must hold.
    pub when: Vec<Condition>,
    /// What is done to the attempt.
    pub then: Action,
    /// The identity that it bans, and for how long.
    pub ban: Option<BanRule>,
    /// Whether the rule acts.
    pub mode: Mode,
    /// Whether clients on the allow-list are spared.
    pub exempts_allowed: bool,
    /// Whether known devices are spared.
    pub exempts_known_devices: bool,
    /// Whether clients in a network that the account got in from are spared.
    pub exempts_familiar_networks: bool,
    /// Whether clients with a fingerprint that the account got in with are spared.
    pub exempts_familiar_clients: bool,
    /// Whether it challenges programs although it is about one account.
    pub challenges_api: bool,
    /// Whose failures it counts.
    pub scope: Scope,
}

/// Whose failures a rule counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Those that this gateway sees.
    #[default]
    Gateway,
    /// Those of all gateways as well, see [`crate::fleet`].
    Fleet,
}

impl Rule {
    /// What is done to an attempt at an endpoint with such clients. A program may not be able
    /// to solve a challenge. So a rule annotates there, unless it says otherwise, if it is about what
    /// others do: at the account, with the password or the fingerprint, at the endpoint.
    #[must_use]
    pub fn then_for(&self, clients: Clients) -> Action {
        let spared = clients == Clients::Api && !self.challenges_api && self.is_about_others();
        if spared && self.then == Action::Challenge { Action::Annotate } else { self.then }
    }

    /// Whether clients other than the one at hand make it match: it is about the endpoint, or nothing
    /// that it counts is about the client's address or network.
    #[must_use]
    pub fn is_about_others(&self) -> bool {
        let subject = |condition: &Condition| condition.signal().row().subject;
        let is_flag = |condition: &&Condition| matches!(condition, Condition::Is { .. });
        let mut counted = self.when.iter().filter(|it| !is_flag(it)).map(subject).peekable();
        let about_client = |subject| matches!(subject, Subject::Ip | Subject::Network);
        self.when.iter().map(subject).any(|it| it == Subject::Site)
            || (counted.peek().is_some() && !counted.any(about_client))
    }

    /// Whether all that it counts is about one account.
    #[must_use]
    pub fn is_about_account(&self) -> bool {
        let mut counted = self.when.iter().filter_map(|condition| match condition {
            Condition::Is { .. } => None,
            counted => Some(counted.signal().row().subject == Subject::Username),
        });
        counted.next().is_some_and(|first| first && counted.all(|other| other))
    }
}

/// A condition on a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A flag is as wanted.
    Is {
        /// The flag.
        signal: Signal,
        /// What it must be.
        wanted: bool,
    },
    /// A count is over a limit, the attempt at hand included: `over: 10` holds from the
    /// eleventh.
    Over {
        /// The count.
        signal: Signal,
        /// The limit.
        over: u32,
        /// The sliding window.
        within: Window,
        /// How much each distinct username that succeeded raises the limit.
        per_success: u32,
    },
    /// A share is over a limit, of what is known without the attempt at hand.
    Share {
        /// The share.
        signal: Signal,
        /// The limit, in per cent.
        over: u32,
        /// The sliding window.
        within: Window,
        /// The fewest logins that say anything.
        at_least: u32,
    },
}

impl Condition {
    /// The signal it is about.
    #[must_use]
    pub const fn signal(&self) -> Signal {
        match self {
            Self::Is { signal, .. } | Self::Over { signal, .. } | Self::Share { signal, .. } => {
                *signal
            }
        }
    }
}

/// What is done to an attempt, the mildest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Let it through.
    #[default]
    Allow,
    /// Let it through and tell upstream.
    Annotate,
    /// Ask the client for more.
    Challenge,
    /// Refuse.
    Block,
}

impl Action {
    /// Every action, the mildest first.
    pub const ALL: [Self; 4] = [Self::Allow, Self::Annotate, Self::Challenge, Self::Block];

    /// As written in configurations, headers and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Annotate => "annotate",
            Self::Challenge => "challenge",
            Self::Block => "block",
        }
    }

    /// Whether upstream never sees the attempt.
    #[must_use]
    pub const fn stops(self) -> bool {
        matches!(self, Self::Challenge | Self::Block)
    }
}

/// The identity that a ban is put on. A ban on a username, a password or the site would let anyone lock
/// anyone out and is a validation error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Banned {
    /// The client's address.
    Ip,
    /// The network around it.
    Network,
    /// What the client looks like. Whatever the rule says, only while more than 95 % of its
    /// logins fail and none succeeds.
    Fingerprint,
}

impl Banned {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ip, Self::Network, Self::Fingerprint];

    /// As written in configurations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Network => "network",
            Self::Fingerprint => "fingerprint",
        }
    }

    /// The kind of entry that the ban is kept in.
    #[must_use]
    pub const fn kind(self) -> EntryKind {
        match self {
            Self::Ip => EntryKind::Ip,
            Self::Network => EntryKind::Network,
            Self::Fingerprint => EntryKind::Fingerprint,
        }
    }
}

/// A ban that follows from a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BanRule {
    /// The identity that it bans.
    pub banned: Banned,
    /// How long the first one lasts, in seconds; strikes lengthen the next.
    pub seconds: u32,
}

/// What a stopped client is told: nothing about signals or rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replies {
    /// To a blocked one; with its own `retry-after`, to one over a limit only while earlier
    /// attempts are unanswered.
    pub block: Reply,
    /// To a challenged one.
    pub challenge: Reply,
    /// Which pages of other origins may read them.
    pub cors: Option<CorsPolicy>,
}

/// A reply of our own. It carries a marker header and is never stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status; never 401, which upstream's failures are recognised by.
    pub status: u16,
    /// `content-type`.
    pub content_type: String,
    /// The body, as sent.
    pub body: String,
    /// `retry-after`, in seconds.
    pub retry_after: Option<u32>,
    /// `location`, where the reply is a redirect.
    pub location: Option<String>,
}

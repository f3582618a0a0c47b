//! Fingerprints of clients: user-agent and accept-language, with a popular head and a long tail.
//!
//! Browser families, their versions and languages combine to some 2,500 profiles. Weights fall
//! with the age of a version and with the language's rank; the most popular profile then gets its
//! documented share. All people send the same headers; only the values differ.

use crate::random::{RandomStream, cumulative};

/// A client's fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserAgent {
    /// A browser, by popularity: 0 is the most popular.
    Browser(usize),
    /// The site's own mobile app.
    App,
    /// A later release of it.
    Release,
    /// A tool that people do not use, by number.
    Tool(usize),
}

/// A user-agent with an accept-language.
pub(crate) struct BrowserProfile {
    /// The user-agent.
    pub user_agent: String,
    /// The accept-language.
    pub accept_language: &'static str,
    weight: f64,
}

/// Tools of attackers and scripts. People do not use them.
pub(crate) const TOOLS: [&str; 4] =
    ["python-requests/2.32.3", "Go-http-client/1.1", "okhttp/3.12.1", "curl/8.5.0"];
const APP: &str = "ExampleShop/7.4.1 (build 2214; mobile)";
const RELEASE: &str = "ExampleShop/7.5.0 (build 2301; mobile)";

/// Browser families: user-agent, share in percent, newest version, number of versions in use, and
/// the factor from one version to the one before. An assumption, after public statistics of 2025.
const FAMILIES: [(&str, f64, u32, u32, f64); 10] = [
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36",
        25.0,
        143,
        14,
        0.45,
    ),
    (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Mobile Safari/537.36",
        22.0,
        143,
        14,
        0.55,
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS {v}_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{v}.1 Mobile/15E148 Safari/604.1",
        17.0,
        19,
        6,
        0.5,
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36 Edg/{v}.0.0.0",
        9.0,
        143,
        8,
        0.5,
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36",
        7.0,
        143,
        10,
        0.5,
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{v}.1 Safari/605.1.15",
        6.0,
        19,
        5,
        0.5,
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0",
        5.0,
        146,
        16,
        0.6,
    ),
    (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/{v}.0 Chrome/136.0.0.0 Mobile Safari/537.36",
        4.0,
        29,
        8,
        0.6,
    ),
    ("Mozilla/5.0 (Android 15; Mobile; rv:{v}.0) Gecko/{v}.0 Firefox/{v}.0", 2.0, 146, 12, 0.6),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0", 2.0, 146, 12, 0.6),
];

/// Languages by rank; the n-th has a weight of 1/n².
const LANGUAGES: [&str; 26] = [
    "en-US,en;q=0.9",
    "en-GB,en;q=0.9",
    "en",
    "en-US",
    "de-DE,de;q=0.9,en;q=0.8",
    "es-ES,es;q=0.9",
    "fr-FR,fr;q=0.9,en;q=0.8",
    "en-GB",
    "pl-PL,pl;q=0.9,en;q=0.8",
    "nl-NL,nl;q=0.9,en;q=0.8",
    "it-IT,it;q=0.9",
    "pt-BR,pt;q=0.9",
    "de",
    "fr",
    "es-419,es;q=0.9",
    "sv-SE,sv;q=0.9",
    "tr-TR,tr;q=0.9",
    "ru-RU,ru;q=0.9,en;q=0.8",
    "uk-UA,uk;q=0.9",
    "zh-CN,zh;q=0.9",
    "ja-JP,ja;q=0.9",
    "en-IN,en;q=0.9",
    "cs-CZ,cs;q=0.9",
    "da-DK,da;q=0.9",
    "ro-RO,ro;q=0.9",
    "ar,en;q=0.8",
];

/// All profiles with their shares.
pub(crate) struct BrowserProfiles {
    all: Vec<BrowserProfile>,
    cumulative: Vec<f64>,
    app: f64,
}

impl BrowserProfiles {
    /// The profiles, given the share of the most popular one and of the mobile app.
    pub(crate) fn new(popular: f64, app: f64) -> Self {
        let mut all = Vec::new();
        for (template, share, newest, versions, kept) in FAMILIES {
            for (age, version) in (newest - versions + 1..=newest).rev().enumerate() {
                let user_agent = template.replace("{v}", &version.to_string());
                for (rank, &accept_language) in LANGUAGES.iter().enumerate() {
                    let rank = rank as f64 + 1.0;
                    let weight = share * (1.0 - kept) * kept.powf(age as f64) / (rank * rank);
                    all.push(BrowserProfile {
                        user_agent: user_agent.clone(),
                        accept_language,
                        weight,
                    });
                }
            }
        }
        all.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let rest: f64 = all.iter().skip(1).map(|fingerprint| fingerprint.weight).sum();
        if let Some(first) = all.first_mut() {
            first.weight = rest * popular / (1.0 - popular).max(1e-6);
        }
        let cumulative = cumulative(all.iter().map(|fingerprint| fingerprint.weight));
        Self { all, cumulative, app }
    }

    /// The fingerprint of a random person.
    pub(crate) fn person(&self, random: &mut RandomStream) -> UserAgent {
        if random.chance(self.app) {
            UserAgent::App
        } else {
            UserAgent::Browser(random.weighted(&self.cumulative))
        }
    }

    /// The headers of a fingerprint: user-agent and accept-language.
    pub(crate) fn headers(&self, agent: UserAgent) -> (&str, &str) {
        let language = LANGUAGES.first().copied().unwrap_or_default();
        match agent {
            UserAgent::Browser(index) => self.all.get(index).map_or(("", ""), |fingerprint| {
                (fingerprint.user_agent.as_str(), fingerprint.accept_language)
            }),
            UserAgent::App => (APP, language),
            UserAgent::Release => (RELEASE, language),
            UserAgent::Tool(index) => {
                (TOOLS.get(index % TOOLS.len()).copied().unwrap_or_default(), language)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_popular_browser_has_its_share_and_no_other_has_more() {
        let fingerprints = BrowserProfiles::new(0.08, 0.0);
        let mut random = RandomStream::new(1, "fingerprints", 0, 0);
        let mut counts = vec![0; fingerprints.all.len()];
        for _ in 0..100_000 {
            let UserAgent::Browser(index) = fingerprints.person(&mut random) else { panic!() };
            counts[index] += 1;
        }
        assert!((7_700..8_300).contains(&counts[0]), "{}", counts[0]);
        assert!(counts[1..].iter().all(|&count| count < counts[0]), "{:?}", &counts[..9]);
        let used = counts.iter().filter(|&&count| count > 0).count();
        assert!(used > 1000, "the tail is short: {used}");
    }
}

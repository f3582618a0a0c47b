//! Other products' rules in Unstuff's rule language: the files in `envoy/policies/`, built in.

macro_rules! policies {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!("../../../envoy/policies/", $name, ".json")))),*]
    };
}

/// The name and the text of each policy.
pub(super) const POLICIES: [(&str, &str); 8] = policies![
    "fail2ban",
    "aws-atp",
    "cloudflare",
    "crowdsec",
    "rauthy",
    "authelia",
    "auth0",
    "classroom"
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use unstuff_engine::config;

    use super::*;

    #[test]
    fn every_policy_in_the_folder_is_built_in_and_valid() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../envoy/policies");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .expect("the folder")
            .map(|file| file.expect("an entry").file_name().into_string().expect("UTF-8"))
            .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
            .collect();
        assert_eq!(files, POLICIES.iter().map(|(name, _)| (*name).to_owned()).collect());
        for (name, text) in POLICIES {
            let problems = config::parse(text.as_bytes()).err().unwrap_or_default();
            assert!(problems.is_empty(), "{name}: {problems:#?}");
        }
    }
}

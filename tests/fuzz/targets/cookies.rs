//! Properties of reading cookies and of removing ours before upstream.

use unstuff_engine::request::cookies::{values, without};
use unstuff_engine::request::headers::{Header, Headers};

use super::request::split_at;

/// The cookies of the module that are removed, as the tests call them.
const OURS: [&str; 2] = ["us", "__Host-ut"];

/// No server finds a removed cookie; the others stay as they were.
pub(crate) fn cookies(bytes: &[u8]) {
    let given: Vec<Header> = bytes
        .split(|&byte| byte == b'\n')
        .map(|line| (b"Cookie".to_vec(), line.to_vec()))
        .collect();
    let headers = Headers::new(&given);
    let Some(left) = without(headers, &OURS) else {
        for name in OURS {
            assert_eq!(values(headers, name).count(), 0, "{name} was there");
            assert!(!pairs(headers).any(|(own, _)| own == name.as_bytes()), "{name} was there");
        }
        return;
    };
    let after = vec![(b"cookie".to_vec(), left)];
    let after = Headers::new(&after);
    assert_eq!(without(after, &OURS), None, "a removed cookie stays removed");
    let is_other = |(name, _): &(Vec<u8>, Vec<u8>)| !OURS.iter().any(|own| own.as_bytes() == name);
    let others: Vec<_> = pairs(headers).filter(is_other).collect();
    assert_eq!(pairs(after).collect::<Vec<_>>(), others, "the other cookies stay");
    for name in OURS {
        let sent: Vec<_> = pairs(headers).filter(|(own, _)| own == name.as_bytes()).collect();
        let found: Vec<_> = values(headers, name).map(|value| value.trim_ascii()).collect();
        assert_eq!(found, sent.iter().map(|(_, value)| &value[..]).collect::<Vec<_>>());
    }
}

/// The cookies that a server reads: pairs between semicolons, without blanks around name and value.
fn pairs(headers: Headers<'_>) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    let lines = headers.all("cookie");
    let pairs = lines.flat_map(|line| line.split(|&byte| byte == b';'));
    pairs.filter(|pair| pair.contains(&b'=')).map(|pair| {
        let (name, value) = split_at(pair, b'=');
        (name.trim_ascii().to_vec(), value.trim_ascii().to_vec())
    })
}

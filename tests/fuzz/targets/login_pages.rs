//! Properties of adding the script to a login page.

use unstuff_engine::challenge::injection::{PageResponse, position};
use unstuff_engine::request::headers::{Header, Headers};

use super::request::split_at;

/// The first line is a content security policy, the rest is a page.
pub(crate) fn login_pages(bytes: &[u8]) {
    let (policy, page) = split_at(bytes, b'\n');
    place(page);
    policies(policy, page);
}

/// The place is the beginning of a tag in what has come, and stays when more comes.
fn place(page: &[u8]) {
    let found = position(page);
    if let Some(at) = found {
        let tag = page[at..].to_ascii_lowercase();
        let places: [&[u8]; 3] = [b"</head", b"<body", b"<form"];
        assert!(places.iter().any(|place| tag.starts_with(place)), "{at}");
        let longer = [page, b"--><!-- </head><body>"].concat();
        assert_eq!(position(&longer), found, "more of the page came");
    }
    for end in [page.len() / 3, page.len() / 2, page.len().saturating_sub(1)] {
        let part = position(&page[..end]);
        assert!(part.is_none() || part == found, "at {end} of {}", page.len());
    }
}

/// Another policy forbids the script or leaves it as it was, and nothing but a whole page is changed.
fn policies(one: &[u8], other: &[u8]) {
    let with = |policies: &[&[u8]], status: &str| {
        let mut headers: Vec<Header> = vec![
            (b":status".to_vec(), status.into()),
            (b"content-type".to_vec(), b"text/html".to_vec()),
        ];
        let named = |policy: &&[u8]| (b"content-security-policy".to_vec(), policy.to_vec());
        headers.extend(policies.iter().map(named));
        PageResponse::of(Headers::new(&headers))
    };
    let both = with(&[one, other], "200");
    let each = [with(&[one], "200"), with(&[other], "200")];
    let allowed = each.iter().all(|it| *it == PageResponse::Page);
    assert_eq!(both == PageResponse::Page, allowed, "policies add up");
    assert_eq!(with(&[one], "206"), PageResponse::NoPage);
    let shouted = one.to_ascii_uppercase();
    assert_eq!(with(&[&shouted], "200"), each[0], "letter case says nothing");
}

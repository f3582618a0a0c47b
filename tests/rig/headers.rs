//! Headers in the form in which the engine takes them.

/// What Chrome sends with a login, beside the method, the path and what describes the body.
pub const CHROME: [(&str, &str); 16] = [
    (":scheme", "https"),
    (":authority", "shop.example"),
    ("cache-control", "max-age=0"),
    ("sec-ch-ua", r#""Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99""#),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", r#""Linux""#),
    ("origin", "https://shop.example"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0.0.0 Safari/537.36"),
    ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
    ("referer", "https://shop.example/login"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("accept-language", "de-DE,de;q=0.9,en;q=0.8"),
    ("cookie", "theme=dark; csrf=4f2a9c; consent=2026-01-01; sid=0123456789abcdef"),
];

/// Headers from texts.
pub fn list(headers: &[(&str, &str)]) -> Vec<(Vec<u8>, Vec<u8>)> {
    headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

//! Bodies that show one thing to a filter and another to an application.
//!
//! Each hides [`HIDDEN`], a breached password, from a reader of the obvious value, and says
//! which application would take it. What a stock application reads is noted from its
//! documentation; the promise is that none of them passes as an ordinary login.

use unstuff_tests::Request;

/// A body with a decoy.
pub struct Decoy {
    /// Who would read the hidden password.
    pub reader: &'static str,
    /// The request's query.
    pub query: &'static str,
    /// Its content type.
    pub kind: &'static str,
    /// Its body.
    pub body: &'static [u8],
    /// What it must be flagged as, in the order of the rules.
    pub reasons: &'static str,
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

const fn form(reader: &'static str, body: &'static str, reasons: &'static str) -> Decoy {
    typed(reader, FORM, body.as_bytes(), reasons)
}

const fn json(reader: &'static str, body: &'static str, reasons: &'static str) -> Decoy {
    typed(reader, JSON, body.as_bytes(), reasons)
}

const fn typed(
    reader: &'static str,
    kind: &'static str,
    body: &'static [u8],
    reasons: &'static str,
) -> Decoy {
    Decoy { reader, query: "", kind, body, reasons }
}

impl Decoy {
    /// The request.
    pub fn request(&self) -> Request {
        Request::post(&format!("/login{}", self.query)).content(self.kind, self.body)
    }
}

/// The table. `123456` is what the application takes.
pub const DECOYS: &[Decoy] = &[
    // Which of two fields counts.
    form("PHP, Rails, Django: the last", "user=a&password=d3c0y&password=123456", BOTH),
    form("servlets, Go: the first", "user=a&password=123456&password=d3c0y", BOTH),
    form("Express: a list", "user=a&password=123456&password=d3c0y&password=d3c0y", BOTH),
    form("PHP: one of two users", "user=a&user=b&password=123456", BOTH),
    Decoy {
        query: "?password=123456",
        ..form("servlets: the query before the body", "user=a&password=d3c0y", BOTH)
    },
    Decoy { query: "?user=a&password=123456", ..form("servlets: the query alone", "", "breached") },
    Decoy {
        query: "?PASSWORD=123456",
        ..form("ASP.NET: the query, any case", "user=a&password=d3c0y", BOTH)
    },
    form("ASP.NET: any case", "user=a&password=d3c0y&Password=123456", BOTH),
    json("Go: the last, any case", r#"{"user":"a","password":"d3c0y","PassWord":"123456"}"#, BOTH),
    json("most: the last", r#"{"user":"a","password":"d3c0y","password":"123456"}"#, BOTH),
    json("some: the first", r#"{"user":"a","password":"123456","password":"d3c0y"}"#, BOTH),
    // How a name or a value is written.
    form("everyone: encoded name", "user=a&pass%77ord=123456", "breached"),
    form("everyone: encoded value", "user=a&password=%31%32%33%34%35%36", "breached"),
    form("everyone: empty pairs", "&&user=a&&password=123456&&", "breached"),
    form("PHP: blank before a name", "user=a&password=d3c0y&+password=123456", BOTH),
    form("many: trims the value", "user=a&password=+123456%20", "breached"),
    json("everyone: escaped name", r#"{"user":"a","pass\u0077ord":"123456"}"#, "breached"),
    json("everyone: escaped value", r#"{"user":"a","password":"\u003123456"}"#, "breached"),
    json("Flask, Express: number", r#"{"user":"a","password":123456}"#, "breached"),
    // Which type it is.
    typed(
        "Flask with force=True",
        "text/plain",
        br#"{"user":"a","password":"123456"}"#,
        "breached",
    ),
    typed("Flask with force=True", FORM, br#"{"user":"a","password":"123456"}"#, "breached"),
    typed(
        "JSON:API",
        "application/vnd.api+json",
        br#"{"user":"a","password":"123456"}"#,
        "breached",
    ),
    typed("form whatever it says", JSON, b"user=a&password=123456", "breached"),
    typed("form without a type", "", b"user=a&password=123456", "breached"),
    form(
        "servlets: a form that looks like JSON",
        r#"{"user":"a","password":"d3c0y","x":"&user=a&password=123456&"}"#,
        BOTH,
    ),
    // Which bytes it is.
    typed(
        "Jackson: BOM",
        JSON,
        b"\xef\xbb\xbf{\"user\":\"a\",\"password\":\"123456\"}",
        "breached",
    ),
    typed(
        "Jackson: UTF-16",
        "application/json; charset=utf-16",
        b"{\x00\"\x00p\x00a\x00s\x00s\x00w\x00o\x00r\x00d\x00\"\x00:\x00\"\x001\x002\x003\x004\x005\x006\x00\"\x00}\x00",
        "unreadable",
    ),
    typed(
        "servlets: EBCDIC",
        "application/x-www-form-urlencoded; charset=ibm037",
        b"\xa4\xa2\x85\x99~\x81P\x97\x81\xa2\xa2\xa6\x96\x99\x84~\xf1\xf2\xf3\xf4\xf5\xf6",
        "unreadable",
    ),
    typed(
        "multipart parsers",
        "multipart/form-data; boundary=b",
        b"--b\r\ncontent-disposition: form-data; name=\"password\"\r\n\r\n123456\r\n--b--\r\n",
        "unreadable",
    ),
    // What is no text or not whole.
    json(
        "Go: stops after the first value",
        r#"{"user":"a","password":"123456"}{"x":"#,
        "breached,unreadable",
    ),
    json("Express: an operator", r#"{"user":"a","password":{"$ne":"d3c0y"}}"#, "unreadable"),
    json("a list", r#"[{"user":"a","password":"123456"}]"#, "breached"),
    form("PHP, qs: a list", "user=a&password[]=123456", "breached"),
    form("old Python, Rack: semicolons", "user=a;password=123456", BOTH),
];

const BOTH: &str = "breached,ambiguous";

/// A gzip stream of one stored block: enough for who only sees that it is compressed.
pub fn gzip(text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("a short text");
    let mut bytes = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01".to_vec();
    bytes.extend(length.to_le_bytes());
    bytes.extend((!length).to_le_bytes());
    bytes.extend(text);
    // Its checksum and length; a checksum of zero is as good for a filter that cannot read.
    bytes.extend([0; 4]);
    bytes.extend(u32::from(length).to_le_bytes());
    bytes
}

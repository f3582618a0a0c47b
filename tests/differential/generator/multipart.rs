//! `multipart/form-data` and its loose readings.

use rand::RngExt;
use rand_pcg::Pcg64;

use super::bodies::packed;
use super::{GeneratedField, chance, pick};
use crate::login_request::LoginRequest;

const TYPES: [&str; 24] = [
    "multipart/form-data; boundary=\"x\"",
    "multipart/form-data;boundary=x",
    "Multipart/Form-Data; Boundary=x",
    "multipart/form-data; boundary=x; charset=utf-8",
    "multipart/form-data; charset=utf-7; boundary=x",
    "\"multipart/form-data\"; boundary=x",
    "application/x-www-form-urlencoded; multipart/form-data; boundary=x",
    "multipart/form-data; boundary=y; boundary=x",
    "multipart/form-data; boundary=x; boundary=y",
    "multipart/form-data, boundary=x",
    "multipart/mixed; boundary=x",
    "multipart/form-data; boundary*=x",
    "multipart/form-data; boundary*=utf-8''x",
    "multipart/form-data; boundary*0=x",
    "multipart/form-data",
    "multipart/related; boundary=x",
    "multipart/form-data; boundary='x'",
    "multipart/form-data; boundary=x,text/plain",
    "multipart/form-data; xboundary=y; boundary=x",
    "multipart/form-data; boundary=\"\\x\"",
    "application/json; multipart/form-data; boundary=x",
    "multipart/form-data boundary=x",
    "text/plain; multipart/form-data; boundary=x",
    "multipart/form-data; boundary=x;",
];

fn disposition(rng: &mut Pcg64, name: &str) -> String {
    let forms = [
        "Content-Disposition: form-data; name=\"N\"; filename=\"x\"",
        "Content-Disposition: form-data; name=\"N\"; filename=\"\"",
        "content-disposition: form-data; name=\"N\"",
        "CONTENT-DISPOSITION: FORM-DATA; NAME=\"N\"",
        "Content-Disposition: form-data; name=N",
        "Content-Disposition: form-data; name='N'",
        "Content-Disposition: form-data; name*=utf-8''N",
        "Content-Disposition: form-data; name=\"x\"; name=\"N\"",
        "Content-Disposition: form-data; name=\"N\"; name=\"x\"",
        "Content-Disposition: form-data;\r\n name=\"N\"",
        "Content-Disposition : form-data; name=\"N\"",
        "Content-Disposition: attachment; name=\"N\"",
        "Content-Disposition: form-data; filename=\"; name=x\"; name=\"N\"",
        "Content-Disposition: form-data; xname=\"x\"; name=\"N\"",
        "Content-Disposition: form-data; name=\"N\"\r\nContent-Disposition: form-data; name=\"x\"",
        "Content-Disposition: form-data; name=\"x\"\r\nContent-Disposition: form-data; name=\"N\"",
        "Content-Disposition:form-data;name=\"N\"",
        "Content-Disposition: form-data; name=\"N",
        "Content-Disposition: form-data; name = \"N\"",
        "Content-Disposition: form-data; name=\"N\"\r\nContent-Type: text/plain; charset=utf-7",
        "Content-Disposition: form-data; name=\"N\"\r\nContent-Type: application/json",
        "Content-Disposition: form-data; name=\"N\"\r\nContent-Type: text/plain; charset=utf-16le",
        "Content-Disposition: form-data; name*0=\"N\"",
        "Content-Disposition: form-data; name=\"\\N\"",
        "Content-Disposition: inline; name=\"N\"",
        "Content-Disposition: name=\"N\"",
        "X: y\r\nContent-Disposition: form-data; name=\"N\"",
    ];
    let form = match rng.random_range(0..100) {
        0..60 => "Content-Disposition: form-data; name=\"N\"",
        _ => *pick(rng, &forms),
    };
    form.replace('N', name)
}

/// Quoted-printable or Base64, if the part says so.
fn content(rng: &mut Pcg64, head: &mut String, value: &[u8]) -> Vec<u8> {
    let (encoding, value) = match rng.random_range(0..50) {
        0 => ("base64", super::bodies::base64(value).into_bytes()),
        1 => {
            let quoted =
                value.iter().flat_map(|byte| format!("={byte:02X}").into_bytes()).collect();
            ("quoted-printable", quoted)
        }
        2 => ("binary", value.to_vec()),
        _ => return value.to_vec(),
    };
    head.push_str("\r\nContent-Transfer-Encoding: ");
    head.push_str(encoding);
    value
}

/// A multipart body.
pub(super) fn body(
    rng: &mut Pcg64,
    mut request: LoginRequest,
    fields: &[GeneratedField],
) -> LoginRequest {
    let end = match rng.random_range(0..50) {
        0..2 => "\n",
        2 => "\r",
        _ => "\r\n",
    };
    let mut body = Vec::new();
    if chance(rng, 8) {
        body.extend(
            pick(
                rng,
                &[
                    "preamble\r\n",
                    "\r\n",
                    "&user=alice&password=decoy&\r\n",
                    "{}\r\n",
                    "--y\r\n",
                    "\n",
                ],
            )
            .bytes(),
        );
    }
    for field in fields {
        let name = String::from_utf8_lossy(&field.form_name()).into_owned();
        let mut head = disposition(rng, &name.replace('"', "%22"));
        let value = content(rng, &mut head, &field.value);
        let dashes = match rng.random_range(0..80) {
            0 => "--x ",
            1 => "--x\t",
            2 => "---x",
            3 => "--X",
            4 => "--x--\r\n--x",
            _ => "--x",
        };
        body.extend([dashes, end, &head, end, end].concat().bytes());
        body.extend(value);
        body.extend(end.bytes());
    }
    body.extend(
        match rng.random_range(0..30) {
            0 => "",
            1 => "--x",
            2 => "--x--epilogue&user=alice&password=decoy",
            3 => "--x-",
            _ => "--x--",
        }
        .bytes(),
    );
    if !chance(rng, 5) {
        body.extend(end.bytes());
    }
    if chance(rng, 5) {
        let decoy = "--x\r\nContent-Disposition: form-data; name=\"z\"\r\n\r\n&user=alice&password=decoy&\r\n";
        body.splice(0..0, decoy.bytes());
    }
    request.body = body;
    let kind = if chance(rng, 70) { "multipart/form-data; boundary=x" } else { *pick(rng, &TYPES) };
    packed(rng, request.header("content-type", kind))
}

//! Places beside the body: query, path, cookies, `Authorization`; and spellings of the path.

use rand::RngExt;
use rand_pcg::Pcg64;

use super::bodies::{self, base64};
use super::{GeneratedField, chance, pick};
use crate::login_request::LoginRequest;

/// Bytes that may stand in a target.
fn visible(bytes: Vec<u8>) -> Vec<u8> {
    let one = |byte: u8| match byte {
        b'#' => b"%23".to_vec(),
        _ if byte.is_ascii_graphic() => vec![byte],
        _ => format!("%{byte:02X}").into_bytes(),
    };
    bytes.into_iter().flat_map(one).collect()
}

/// All fields in the query.
pub(super) fn query(
    rng: &mut Pcg64,
    mut request: LoginRequest,
    fields: &[GeneratedField],
) -> LoginRequest {
    let mark = match rng.random_range(0..40) {
        0 => "??",
        1 => "?&",
        2 => "%3f",
        3 => "/?",
        4 => ";",
        _ => "?",
    };
    request.target.extend(mark.bytes());
    request.target.extend(visible(bodies::pairs(rng, fields)));
    if chance(rng, 40) {
        request.method = "GET".to_owned();
    }
    request
}

/// All fields as parameters of the path: `/login;user=alice`.
pub(super) fn path_parameters(
    rng: &mut Pcg64,
    mut request: LoginRequest,
    fields: &[GeneratedField],
) -> LoginRequest {
    request.target.push(b';');
    let between = if chance(rng, 50) { b'&' } else { b';' };
    let pairs = bodies::pairs(rng, fields);
    let pairs = pairs.into_iter().map(|byte| if byte == b'&' { between } else { byte }).collect();
    request.target.extend(visible(pairs));
    request
}

/// The password in a cookie.
pub(super) fn cookie(
    rng: &mut Pcg64,
    request: LoginRequest,
    fields: &[GeneratedField],
) -> LoginRequest {
    let (secret, others): (Vec<GeneratedField>, Vec<GeneratedField>) = fields
        .iter()
        .cloned()
        .partition(|field| field.path.last() == Some(&"password") && chance(rng, 80));
    let one =
        |field: &GeneratedField| [field.form_name(), b"=".to_vec(), field.value.clone()].concat();
    let pairs: Vec<Vec<u8>> = secret.iter().map(one).collect();
    let between = if chance(rng, 80) { &b"; "[..] } else { b"," };
    let cookie = visible(pairs.join(between))
        .iter()
        .map(|&byte| if byte == b'%' && chance(rng, 5) { b'_' } else { byte })
        .collect::<Vec<u8>>();
    bodies::form(rng, request, &others).header("cookie", cookie)
}

/// Each field in the query or in the body.
pub(super) fn split(
    rng: &mut Pcg64,
    mut request: LoginRequest,
    fields: &[GeneratedField],
) -> LoginRequest {
    let (here, there): (Vec<GeneratedField>, Vec<GeneratedField>) =
        fields.iter().cloned().partition(|_| chance(rng, 50));
    request.target.push(b'?');
    request.target.extend(visible(bodies::pairs(rng, &here)));
    bodies::form(rng, request, &there)
}

/// `Authorization`, loosely spelled.
pub(super) fn basic(rng: &mut Pcg64, request: LoginRequest) -> LoginRequest {
    let pair: &[u8] = match rng.random_range(0..10) {
        0 => b"alice:123456\0",
        1 => b" alice:123456",
        2 => b"alice:123456 ",
        3 => b"alice:123456\n",
        4 => b"\xef\xbb\xbfalice:123456",
        _ => b"alice:123456",
    };
    let mut code = base64(pair);
    match rng.random_range(0..14) {
        0 => code.push('='),
        1 => code.push_str("=="),
        2 => code = code.replace('=', ""),
        3 => code.insert(
            rng.random_range(0..code.len()),
            *pick(rng, &[' ', '!', '-', '.', ',', '\t', '_', '*']),
        ),
        4 => {
            code.push_str(pick::<&str>(
                rng,
                &[", Basic eDp5", ",eDp5", " eDp5", ";x=y", "=x", "#"],
            ));
        }
        5 => code = code.replace('M', "M="),
        6 => code.insert_str(0, pick::<&str>(rng, &["=", "eDp5,", "!", "credentials=", "\"", ":"])),
        7 => code = code.replace(char::is_lowercase, "a"),
        _ => {}
    }
    let scheme = match rng.random_range(0..3) {
        0 => *pick(
            rng,
            &[
                "basic ",
                "BASIC ",
                "xBasic ",
                "Basic; ",
                "Basic  ",
                "Basic\t",
                "Basic",
                "Basic:",
                "Basic=",
                "Bearer x, Basic ",
                "Basic,",
                "Digest x Basic ",
                "\"Basic\" ",
                "Negotiate ",
                "Bas\u{131}c ",
                "Basi\u{107} ",
                ":Basic ",
                "Basic realm=x ",
            ],
        ),
        _ => "Basic ",
    };
    let mut value = scheme.as_bytes().to_vec();
    if chance(rng, 8) {
        value.pop();
        value.extend(
            pick(rng, &[&b"\xa0"[..], b"\x85", b"\xc2\xa0", b"\xe3\x80\x80", b" \xa0"]).iter(),
        );
    }
    value.extend(code.bytes());
    request.header(if chance(rng, 97) { "authorization" } else { "proxy-authorization" }, value)
}

/// Sometimes another method, and another spelling of the path.
pub(super) fn spell(rng: &mut Pcg64, mut request: LoginRequest) -> LoginRequest {
    if chance(rng, 8) {
        request.method = (*pick(
            rng,
            &["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "post", "LOGIN", "PROPFIND", "QUERY"],
        ))
        .to_owned();
    }
    if chance(rng, 3) {
        let name = *pick(rng, &["x-http-method-override", "x-method-override", "x-http-method"]);
        request = request.header(name, *pick(rng, &["POST", "PUT", "LOGIN"]));
    }
    if chance(rng, 15) {
        let path = pick(
            rng,
            &[
                "/login/",
                "/LOGIN",
                "/Login/",
                "//login",
                "/./login",
                "/x/../login",
                "/%6cogin",
                "/%6Cogin",
                "/login%2f",
                "/login;x",
                "/login;",
                "/login%00",
                "/login%80",
                "/login.json",
                "/login.x%2fy",
                "/login.",
                "/login%20",
                "/%20login",
                "/;x/login",
                "/%2e/login",
                "/x/%2e%2e/login",
                "/login%3b",
                "/login%3f",
                "/login//",
                "/login/.",
                "/%2flogin",
                "/login%0a",
                "/login%09",
                "/%256cogin",
                "/login%23x",
                "/index.php/login",
                "/login;jsessionid=1",
                "/login%c0%80",
                "/login\\",
                "/\\login",
                "/login%5c",
                "/l%6fgin%2e",
                "/login..",
                "/login/..;/login",
                "/..;/login",
                "/login&",
                "/login%e2%80%8b",
                "/login%ef%bb%bf",
                "/logi%c5%8b",
                "/login.html",
                "/login.;x",
                "/login/%2e",
                "/login:x",
                "/login@x",
                "/login,x",
                "/%ef%bc%8flogin",
                "/login%c2%a0",
                "/l\u{f6}gin",
            ],
        );
        let rest = request.target.split_off(6);
        request.target = visible(path.as_bytes().to_vec());
        request.target.extend(rest);
    }
    request
}

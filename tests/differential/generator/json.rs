//! JSON and its dialects.

use rand::RngExt;
use rand_pcg::Pcg64;

use super::bodies::{packed, recode, wide};
use super::{GeneratedField, chance, names, pick};
use crate::login_request::LoginRequest;

const TYPES: [&str; 24] = [
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    "application/json; charset=utf-7",
    "application/json; charset*=utf-7",
    "application/json; charset=utf-16",
    "application/json; charset=utf-16le",
    "application/json; charset=utf-32",
    "application/json; charset=ibm037",
    "APPLICATION/JSON",
    "text/json",
    "text/plain",
    "application/vnd.api+json",
    "application/json+x",
    "application/jsonp",
    "application/ld+json; charset=utf-8",
    "application/x-www-form-urlencoded",
    "application/json;application/x-www-form-urlencoded",
    "application/x-json",
    "application/json; charset=\"utf-7\"",
    "text/html",
    "application/csp-report",
    "json",
    "application/graphql",
    "application/problem+json",
];

/// A text as a JSON string, some characters escaped.
fn string(rng: &mut Pcg64, text: &[u8], quote: char) -> String {
    let escapes = *pick(rng, &[0, 0, 0, 15, 100]);
    let mut quoted = String::from(quote);
    for character in String::from_utf8_lossy(text).chars() {
        let code = u32::from(character);
        let must = character == quote || character == '\\' || (code < 0x20 && !chance(rng, 10));
        if (must || chance(rng, escapes)) && code < 0x1_0000 {
            quoted.push_str(&format!("\\u{code:04x}"));
        } else {
            quoted.push(character);
        }
    }
    quoted.push(quote);
    quoted
}

fn value(rng: &mut Pcg64, field: &GeneratedField) -> String {
    let text = String::from_utf8_lossy(&field.value).into_owned();
    match rng.random_range(0..40) {
        0 if text == "123456" => text,
        1 if text == "123456" => {
            (*pick(rng, &["123456.0", "1.23456e5", "123456e0", "0x1e240", "+123456", "0123456"]))
                .to_owned()
        }
        2 => format!("[{}]", string(rng, &field.value, '"')),
        3 => format!("[[{}]]", string(rng, &field.value, '"')),
        4 => string(rng, &field.value, '\''),
        5 if text != "123456" => (*pick(rng, &["null", "true", "{}", "[]", "1"])).to_owned(),
        _ => string(rng, &field.value, '"'),
    }
}

fn key(rng: &mut Pcg64, segment: &str, spelled: bool) -> String {
    let name = if spelled { names::spelled(rng, &[segment]) } else { segment.as_bytes().to_vec() };
    match rng.random_range(0..40) {
        0 => segment.to_owned(),
        1 => string(rng, &name, '\''),
        _ => string(rng, &name, '"'),
    }
}

/// `"a": value`, or `"a": {"b": value}`, or the name of a form as one key.
fn member(rng: &mut Pcg64, field: &GeneratedField) -> String {
    let spelled = field.name.is_some();
    let colon = match rng.random_range(0..60) {
        0 => " = ",
        1 => "=>",
        2 => " : ",
        _ => ":",
    };
    let value = value(rng, field);
    match field.path.as_slice() {
        [outer, inner] if chance(rng, 85) => {
            let [spell_outer, spell_inner] =
                [spelled && chance(rng, 50), spelled && chance(rng, 50)];
            let (outer, inner) = (key(rng, outer, spell_outer), key(rng, inner, spell_inner));
            if chance(rng, 3) {
                format!("{outer}{colon}[{{{inner}{colon}{value}}}]")
            } else {
                format!("{outer}{colon}{{{inner}{colon}{value}}}")
            }
        }
        [name] => format!("{}{colon}{value}", key(rng, name, spelled)),
        _ => format!("{}{colon}{value}", string(rng, &field.form_name(), '"')),
    }
}

/// Objects with the same name become one, as people write them.
fn members(rng: &mut Pcg64, fields: &[GeneratedField]) -> Vec<String> {
    if fields.iter().any(|field| field.path.len() > 1) && chance(rng, 60) {
        let (inside, outside): (Vec<GeneratedField>, Vec<GeneratedField>) =
            fields.iter().cloned().partition(|field| field.path.len() > 1);
        let inner = |mut field: GeneratedField| {
            field.path.remove(0);
            field
        };
        let inside: Vec<GeneratedField> = inside.into_iter().map(inner).collect();
        let inside: Vec<String> = inside.iter().map(|field| member(rng, field)).collect();
        let mut all = vec![format!("\"user\":{{{}}}", inside.join(","))];
        all.extend(outside.iter().map(|field| member(rng, field)));
        return all;
    }
    fields.iter().map(|field| member(rng, field)).collect()
}

fn document(rng: &mut Pcg64, fields: &[GeneratedField]) -> String {
    let members = members(rng, fields);
    let comma = match rng.random_range(0..60) {
        0 => ";",
        1 => ",,",
        2 => ",/**/",
        3 => " , ",
        4 => ",\n//\n",
        _ => ",",
    };
    let object = format!("{{{}}}", members.join(comma));
    let decoy = "{\"user\":\"alice\",\"password\":\"decoy\"}";
    match rng.random_range(0..60) {
        0 => format!("/*&user=alice&password=decoy&*/{object}"),
        1 => format!("//{decoy}\n{object}"),
        2 => format!("#&user=alice&password=decoy&\n{object}"),
        3 => format!("{object}{decoy}"),
        4 => format!("{decoy}{object}"),
        5 => format!("[{object}]"),
        6 => format!("[{decoy},{object}]"),
        7 => format!(")]}}'\n{object}"),
        8 => format!(
            "{}{object}",
            pick(
                rng,
                &[
                    "\u{feff}",
                    "\n",
                    "\t",
                    "\0",
                    "\x0c",
                    "\x0b",
                    "\u{a0}",
                    "while(1);",
                    "for(;;);",
                    "&&&"
                ]
            )
        ),
        9 => format!(
            "{object}{}",
            pick(
                rng,
                &[
                    "\n",
                    ";",
                    ",",
                    "x",
                    "\0",
                    "//",
                    "/*&user=alice&password=decoy&*/",
                    "&user=alice&password=decoy",
                    "]"
                ]
            )
        ),
        10 => object.replace('}', ",}"),
        11 => object.replace('{', "{,"),
        12 => object.replacen('{', "{/*x*/", 1),
        13 => format!("({object})"),
        14 => format!("{{\"json\":{object}}}"),
        15 => format!("{{\"__proto__\":{object}}}"),
        16 => format!("{{\"data\":{object},\"user\":\"alice\",\"password\":\"decoy\"}}"),
        17 => serde_json::to_string(&object).expect("text"),
        18 => object.trim_end_matches('}').to_owned(),
        19 => format!("{}{object}{}", "[".repeat(40), "]".repeat(40)),
        20 => format!("{{\"x\":NaN,{}", &object[1..]),
        21 => format!("{{\"x\":\"\t\",{}", &object[1..]),
        22 => format!("{{\"x\":\"\\x\",{}", &object[1..]),
        23 => format!("{{\"x\":{}{},{}", "[".repeat(200), "]".repeat(200), &object[1..]),
        24 => format!("{{\"x\":01,{}", &object[1..]),
        25 => format!("{{\"x\":\"\\ud800\",{}", &object[1..]),
        26 => format!("{{\"x\":1e999,{}", &object[1..]),
        27 => format!("{{\"x\":\"&user=alice&password=decoy&\",{}", &object[1..]),
        28 => format!("user=alice&password=decoy&x={object}"),
        29 => format!("{object}=&user=alice&password=decoy"),
        _ => object,
    }
}

/// A JSON body.
pub(super) fn body(
    rng: &mut Pcg64,
    mut request: LoginRequest,
    fields: &[GeneratedField],
) -> LoginRequest {
    let document = document(rng, fields).into_bytes();
    request.body = match rng.random_range(0..80) {
        0 => wide(&document, 2, true),
        1 => wide(&document, 2, false),
        2 => wide(&document, 4, chance(rng, 50)),
        3 => [&[0xff, 0xfe][..], &wide(&document, 2, false)].concat(),
        4 => [&[0xfe, 0xff][..], &wide(&document, 2, true)].concat(),
        5 => String::from_utf8_lossy(&document).replacen('s', "\u{1}", 1).into_bytes(),
        6 => [&document[..1], b"\"\xff\":1,", &document[1..]].concat(),
        _ => document,
    };
    let kind = match rng.random_range(0..100) {
        0..75 => "application/json",
        75..97 => *pick(rng, &TYPES),
        _ => return request,
    };
    recode(rng, &mut request.body, kind);
    packed(rng, request.header("content-type", kind))
}

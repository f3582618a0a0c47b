//! The page docs/presets.md, from the presets.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{PRESETS, Preset};

/// The whole page.
pub(super) fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    page += "| preset | application | versions | doors | known |\n|---|---|---|---|---|\n";
    for preset in PRESETS {
        let name = preset.name;
        let document = document(preset);
        let text = |key: &str| cell(&document[key]);
        let doors: Vec<_> = doors(&document).iter().map(|door| cell(&door["name"])).collect();
        let _ = writeln!(
            page,
            "| [`{name}`](#{name}) | {} | {} | {} | {} |",
            text("application"),
            text("versions"),
            doors.join(", "),
            text("known")
        );
    }
    PRESETS.iter().for_each(|preset| page += &section(preset));
    page
}

const INTRODUCTION: &str = "\
# Presets

<!-- Generated from the files in src/engine/config/presets: UNSTUFF_BLESS=1 cargo test -p unstuff-engine -->

A preset knows where an application logs people in, in which fields, and how it answers. One line \
protects all doors of the application:

```json
{ \"endpoints\": [{ \"preset\": \"wordpress\" }] }
```

- **Doors.** Each door is an endpoint of its own, with its own counters and metrics: the first is \
called as the preset, the others `wordpress-xmlrpc` and so on. `{ \"preset\": \"wordpress/xmlrpc\" }` \
is one door alone.
- **Your own keys take precedence.** `{ \"name\": \"blog\", \"preset\": \"wordpress\", \"match\": { \
\"hosts\": \"blog.example.com\" } }` makes the endpoints `blog`, `blog-xmlrpc` and so on, for one \
host. `name`, `match.hosts`, `login_page` and `clients` are every door's, all other keys the first \
door's.
- **In a folder.** Most doors are found in any folder, such as `/blog/wp-login.php`. Set \
`\"login_page\": \"/blog/wp-login.php\"` there, so that people return to it after a challenge.
- **See what it does.** `unstuff presets` lists the presets, and `unstuff presets wordpress` prints \
one as the configuration that it stands for, to copy and change.
- **How it is known.** *recorded*: the application was run, and what it was sent and has answered \
are [fixtures](../tests/fixtures/applications.rs). *source* and *docs*: the fixtures were written from \
its source or its documentation. A test holds each preset against its fixtures.
- **Successes.** A success earns credit, so a preset calls an answer a success only if no request \
can cause it without a valid login. Without such an answer the preset has no `success`, or it \
names what is not seen.

An application that is not here needs four keys: `match`, `credentials`, `failure` and `success` \
([configuration.md](configuration.md#endpoints)).

## All presets

";

fn section(preset: &Preset) -> String {
    let document = document(preset);
    let sources = document["sources"].as_array().expect("a list of sources");
    let sources: Vec<_> = sources.iter().map(cell).collect();
    let mut text = format!(
        "\n## {}\n\n{}, {}; {}. Sources: {}.\n\n\
         | door | location | failure | success | about |\n|---|---|---|---|---|\n",
        preset.name,
        cell(&document["application"]),
        cell(&document["versions"]),
        cell(&document["known"]),
        sources.join("; "),
    );
    for door in doors(&document) {
        let json = |key: &str| door.get(key).map_or("-".to_owned(), code);
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} |",
            cell(&door["name"]),
            json("match"),
            json("failure"),
            json("success"),
            cell(&door["about"])
        );
    }
    text
}

pub(super) fn document(preset: &Preset) -> Map<String, Value> {
    serde_json::from_str(preset.json)
        .unwrap_or_else(|error| panic!("presets/{}.json: {error}", preset.name))
}

pub(super) fn doors(document: &Map<String, Value>) -> Vec<Map<String, Value>> {
    let doors = document["doors"].as_array().expect("a list of doors");
    doors.iter().map(|door| door.as_object().expect("a door").clone()).collect()
}

fn cell(value: &Value) -> String {
    value.as_str().expect("a text").replace('|', "\\|")
}

fn code(value: &Value) -> String {
    format!("`{}`", value.to_string().replace('|', "\\|"))
}

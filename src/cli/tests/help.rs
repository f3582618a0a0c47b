//! Tests of `--help` and `-h` of the tool and of every subcommand.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests say what they expect by panicking")]

use std::process::Command;

/// The first line of each subcommand's help. It is the one that `unstuff --help` lists.
const FIRST_LINES: [(&str, &str); 21] = [
    ("audit", "Check decision records, and find one person's lines"),
    ("build", "Build a breached-password filter"),
    ("check", "Check configurations, and print what the filter would log"),
    ("client-script", "Print the script element for login pages, with its digest"),
    (
        "compare",
        "Compare policies over the same traces: the default, other products' rules, and yours",
    ),
    ("doctor", "Look at a running Envoy, and say what is not right"),
    (
        "explain",
        "Print the rules of a configuration, the reason for each, and what their signals mean",
    ),
    ("fetch", "Download the breached-password corpus, or what changed in it"),
    ("fleet", "Print what the rate limit service of a fleet needs"),
    ("image", "Write the module as an OCI image that Istio and Envoy Gateway fetch"),
    ("inspect", "Print what a filter contains, and the version of a module"),
    ("pack", "Put breached-password filters into the module"),
    ("presets", "List the applications whose logins are known, or print one as a configuration"),
    ("query", "Look up whether a password is known from a breach"),
    ("replay", "Replay recorded logins against a policy"),
    ("schema", "Print the JSON Schema of configurations, for editors that complete and check them"),
    (
        "serve-ranges",
        "Serve a folder of `unstuff fetch` as a mirror of the corpus, for live lookups",
    ),
    ("simulate", "Make a labelled trace of people and attackers, for `replay`"),
    ("top", "Show what the module does now: attempts, verdicts, rules, attack mode, outcomes"),
    ("trace", "Make traces for `replay` of logs, or print one to start from"),
    ("verify", "Check every shard of a filter, and its checksum"),
];

/// Words that belong into the source, and English that readers stumble over.
const FORBIDDEN: [&str; 9] = [
    "module of its own",
    "allocat",
    "clap",
    "dispatch",
    "struct",
    "whom",
    "whoever",
    "whatever",
    "that is to be",
];

/// Standard output of the tool, which must succeed.
fn help(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_unstuff")).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
    assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The subcommands that `unstuff --help` lists, without `help` itself.
fn subcommands() -> Vec<String> {
    let text = help(&["--help"]);
    let (_, list) = text.split_once("\nCommands:\n").unwrap();
    let (list, _) = list.split_once("\n\n").unwrap();
    // A continued description is indented further.
    let entries = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = entries.map(|line| line.split_whitespace().next().unwrap().to_owned());
    names.filter(|name| name != "help").collect()
}

/// Lines of arguments and options, each with whether a description follows.
fn arguments(text: &str) -> Vec<(String, bool)> {
    let lines: Vec<&str> = text.lines().collect();
    let is_argument = |line: &str| {
        let name = line.trim_start();
        let indent = line.len() - name.len();
        (2..=6).contains(&indent) && (name.starts_with('-') || name.starts_with(['<', '[']))
    };
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| is_argument(line)) {
        // With --help the description is on the next line, further indented.
        let next = lines.get(index + 1).copied().unwrap_or_default();
        found.push((line.trim().to_owned(), next.starts_with("          ")));
    }
    found
}

#[test]
fn help_of_the_tool_describes_it_and_the_sequence_of_commands() {
    let text = help(&["--help"]);
    assert!(text.starts_with("Tools for Unstuff, the filter for Envoy"), "{text}");
    let (about, _) = text.split_once("\nUsage:").unwrap();
    let mut rest = about;
    for command in ["fetch", "build", "pack", "check", "replay"] {
        let place = rest.split_once(&format!("`unstuff {command}`"));
        rest = place.unwrap_or_else(|| panic!("{command} is missing or out of order: {about}")).1;
    }
}

#[test]
fn every_subcommand_has_its_first_line() {
    let found: Vec<_> = subcommands()
        .into_iter()
        .map(|name| {
            let line = help(&[&name, "--help"]).lines().next().unwrap().to_owned();
            (name, line)
        })
        .collect();
    let expected = FIRST_LINES.map(|(name, line)| (name.to_owned(), line.to_owned()));
    assert_eq!(found, expected, "see FIRST_LINES");
}

#[test]
fn every_option_has_a_description() {
    for name in subcommands() {
        let text = help(&[&name, "--help"]);
        let arguments = arguments(&text);
        assert!(!arguments.is_empty(), "{name}: {text}");
        for (argument, described) in arguments {
            assert!(described, "{name} {argument} has no description: {text}");
        }
    }
}

#[test]
fn help_has_no_words_of_developers_and_ends_its_sentences() {
    let mut pages = vec![("unstuff".to_owned(), help(&["--help"]))];
    pages.extend(subcommands().into_iter().map(|name| (name.clone(), help(&[&name, "--help"]))));
    for (name, text) in pages {
        let lower = text.to_lowercase();
        for word in FORBIDDEN {
            assert!(!lower.contains(word), "{name}: \"{word}\" in {text}");
        }
        let first = text.lines().next().unwrap();
        assert!(first.starts_with(char::is_uppercase) && !first.ends_with('.'), "{name}: {first}");
    }
}

#[test]
fn short_help_is_shorter_and_begins_with_the_same_line() {
    for name in subcommands() {
        let (short, long) = (help(&[&name, "-h"]), help(&[&name, "--help"]));
        assert_eq!(short.lines().next(), long.lines().next(), "{name}");
        assert!(short.len() <= long.len(), "{name}");
    }
    assert!(help(&["-h"]).starts_with("Tools for Unstuff"));
}

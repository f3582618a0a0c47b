//! The table as text.

use super::rows::TopRows;
use crate::format;
use crate::replay::report::aligned;

/// The whole table. `before`: the rows of the last look, and the seconds since.
pub(super) fn text(url: &str, now: &TopRows, before: Option<(&TopRows, f64)>) -> String {
    let mode = match &now.under_attack {
        None => "attack mode: the module does not tell".to_owned(),
        Some(at) if at.is_empty() => "attack mode: off".to_owned(),
        Some(at) => format!("attack mode: ON at {}", at.join(", ")),
    };
    let mut text = format!("Unstuff at {url}\n{mode}\n\n");
    let mut rows = vec![head(&["", "SINCE START", "A SECOND"])];
    for (section, (heading, counters)) in now.sections.iter().enumerate() {
        rows.push(vec![(*heading).to_owned()]);
        for (row, (words, counter)) in counters.iter().enumerate() {
            let last = |it: &TopRows| it.counter(section, row);
            rows.push(vec![format!("  {words}"), count(*counter), rate(*counter, before, last)]);
        }
    }
    text += &aligned(&rows);
    let mut rows = vec![head(&["RULE", "MATCHED", "DECIDED", "SHADOW", "MATCHED A SECOND"])];
    for (name, [matched, decided, shadow]) in &now.rules {
        let [last, ..] = before.map_or([0; 3], |(before, _)| before.rule(name));
        let a_second = rate(*matched, before, |_| last);
        rows.push(vec![name.clone(), count(*matched), count(*decided), count(*shadow), a_second]);
    }
    text += "\n";
    text += &if now.rules.is_empty() { "no rule has matched\n".to_owned() } else { aligned(&rows) };
    let [bytes, ceiling, entries, evictions] = now.state;
    text + &format!(
        "\nstate: {} of {}, {} entries, {} evictions\n",
        format::bytes(bytes),
        format::bytes(ceiling),
        format::count(entries),
        format::count(evictions)
    )
}

fn head(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn count(count: u64) -> String {
    format::count(count).to_string()
}

/// How much a counter grew a second; nothing at the first look. A counter that fell began anew.
fn rate(now: u64, before: Option<(&TopRows, f64)>, counter: impl Fn(&TopRows) -> u64) -> String {
    before.map_or_else(String::new, |(rows, seconds)| {
        let last = counter(rows);
        let grown = if now >= last { now - last } else { now };
        format!("{:.1}", grown as f64 / seconds.max(1e-3))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::rows;
    use super::*;
    use crate::envoy_admin::EnvoyStats;

    fn rows(metrics: &[(&str, u64)]) -> TopRows {
        let stat = |(name, value): &(&str, u64)| json!({"name": format!("wasmcustom.unstuff.{name}"), "value": value});
        let stats: Vec<_> = metrics.iter().map(stat).collect();
        rows::of(&EnvoyStats::of_json(&json!({ "stats": stats })))
    }

    const ATTACK: [(&str, u64); 8] = [
        ("attempts", 1234),
        ("verdict.block", 1000),
        ("rule.matched.ip-guessing", 1000),
        ("rule.decided.ip-guessing", 990),
        ("rule.matched.unreadable", 0),
        ("endpoint.under_attack.web", 1),
        ("site.under_attack", 1),
        ("state.ceiling", 64 << 20),
    ];

    #[test]
    fn table_has_attempts_verdicts_rules_and_attack_mode() {
        let text = text("http://x", &rows(&ATTACK), None);
        let row = |begin: &str| {
            let line = text.lines().find(|it| it.trim_start().starts_with(begin));
            line.unwrap_or_else(|| panic!("{begin} is missing in\n{text}")).to_owned()
        };
        assert_eq!(row("attack mode"), "attack mode: ON at web");
        assert!(row("attempts").ends_with("1,234"));
        assert!(row("blocked").ends_with("1,000"));
        let rule = row("ip-guessing");
        assert_eq!(
            rule.split_whitespace().collect::<Vec<_>>(),
            ["ip-guessing", "1,000", "990", "0"]
        );
        assert!(!text.contains("unreadable"), "a rule that never matched\n{text}");
        assert!(text.contains("state: 0 B of 64.0 MiB"), "{text}");
    }

    #[test]
    fn rates_are_of_the_time_between_two_looks_and_a_restart_begins_anew() {
        let before = rows(&ATTACK);
        let later = rows(&[("attempts", 1254), ("verdict.block", 4)]);
        let text = text("http://x", &later, Some((&before, 2.0)));
        let cells = |begin: &str| {
            let line =
                text.lines().find(|it| it.trim_start().starts_with(begin)).unwrap_or_default();
            line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(cells("attempts"), ["attempts", "1,254", "10.0"]);
        assert_eq!(cells("blocked"), ["blocked", "4", "2.0"]);
        assert!(text.contains("attack mode: the module does not tell"), "{text}");
    }

    /// `UNSTUFF_BLESS=1` writes the example into the document instead.
    #[test]
    fn example_in_the_document_is_what_is_printed() {
        let at = |seconds: u64| {
            rows(&[
                ("attempts", 20_000 + 40 * seconds),
                ("verdict.allow", 18_000 + 3 * seconds),
                ("verdict.annotate", 1_200 + seconds),
                ("verdict.challenge", 300 + 16 * seconds),
                ("verdict.block", 500 + 20 * seconds),
                ("breached", 8_000 + 35 * seconds),
                ("device.known", 15_000 + 2 * seconds),
                ("outcome.success", 17_100 + 3 * seconds),
                ("outcome.failure", 2_100 + seconds),
                ("challenge.issued", 300 + 16 * seconds),
                ("challenge.solved", 40),
                ("pass.used", 41),
                ("rule.matched.ip-stuffing", 500 + 20 * seconds),
                ("rule.decided.ip-stuffing", 500 + 20 * seconds),
                ("rule.matched.attack-breached", 280 + 15 * seconds),
                ("rule.decided.attack-breached", 280 + 15 * seconds),
                ("rule.matched.breached-password", 7_500 + seconds),
                ("rule.decided.breached-password", 1_200 + seconds),
                ("site.under_attack", 1),
                ("endpoint.under_attack.login", 1),
                ("state.bytes", 9 << 20),
                ("state.ceiling", 64 << 20),
                ("state.entries", 41_000),
            ])
        };
        let printed = text("http://127.0.0.1:9901", &at(62), Some((&at(60), 2.0)));
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/top.md");
        let document = std::fs::read_to_string(path).unwrap();
        let parts: Vec<&str> = document.splitn(5, "```").collect();
        if std::env::var_os("UNSTUFF_BLESS").is_some() {
            let block = format!("\n{printed}");
            let blessed = [parts[0], parts[1], parts[2], &block, parts[4]].join("```");
            std::fs::write(path, blessed).unwrap();
        } else {
            assert!(parts[3] == format!("\n{printed}"), "docs/top.md: UNSTUFF_BLESS=1\n{printed}");
        }
    }
}

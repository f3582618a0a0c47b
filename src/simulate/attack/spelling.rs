//! Spellings of one mail address: letter case, dots, and tags after a plus.

/// The spelling of this number. The domain stays as it is.
pub(crate) fn spelled(address: &str, number: u64) -> String {
    let Some((local, domain)) = address.split_once('@') else { return address.to_owned() };
    let mut spelled = String::with_capacity(address.len() + 8);
    for (at, letter) in local.chars().enumerate() {
        let bit = |bits: u64| bits >> (at % 5) & 1 == 1;
        // No dot at the beginning, and none beside another.
        if at > 0 && letter != '.' && !spelled.ends_with('.') && bit(number / 3) {
            spelled.push('.');
        }
        if bit(number / 7) {
            spelled.extend(letter.to_uppercase());
        } else {
            spelled.push(letter);
        }
    }
    if number % 4 != 0 {
        spelled.push_str(&format!("+{number}"));
    }
    format!("{spelled}@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn spellings_differ_and_fold_to_one_mailbox() {
        let all: BTreeSet<_> =
            (0..1_500).map(|number| spelled("a.b12@example.com", number)).collect();
        assert!(all.len() > 1_100, "{}", all.len());
        let folded: BTreeSet<_> = all
            .iter()
            .map(|address| {
                let (local, domain) = address.split_once('@').unwrap();
                let local = local.split('+').next().unwrap().replace('.', "").to_lowercase();
                format!("{local}@{domain}")
            })
            .collect();
        assert_eq!(folded.into_iter().collect::<Vec<_>>(), ["ab12@example.com"]);
    }
}

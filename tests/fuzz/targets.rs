//! What is promised for any input at all. `make fuzz` looks for one that breaks it; what it
//! found is kept in `corpus/` and tried by every `make test`.

#![allow(dead_code, reason = "each program uses one of them")]

use unstuff_engine::attempt::{Attempt, Engine, Step, World};
use unstuff_engine::breached::hibp::{Line, Range, next_line};
use unstuff_engine::breached::{Filter, Header, Sha1Digest, ShardBuilder, header};

use unstuff_engine::challenge::puzzle::Solution;
use unstuff_engine::challenge::token::Claims;
use unstuff_engine::challenge::{PASS_COOKIE, PASS_HEADER, REDEEM_HEADER, SOLUTION_HEADER};
use unstuff_engine::credentials::Body;
use unstuff_engine::policy::Action;
use unstuff_engine::signing::{Keys, Purpose, SecretKey};
use unstuff_engine::state::Table;
use unstuff_engine::state::memory::MemoryStore;
use unstuff_engine::time::Millis;

/// Longest filter that is made up to fit its header.
const MAX_LEN: u64 = 1 << 16;

/// Opening, looking up and verifying end, whatever the bytes are.
pub fn filter(bytes: &[u8]) {
    open(bytes);
    // A checksum that no fuzzer finds keeps it out of the rest: so it is made right, then the
    // length, then the beginnings of the shards.
    let Some(fixed) = with_checksum(bytes) else { return };
    open(&fixed);
    let Ok(header) = Header::decode(&fixed) else { return };
    assert_eq!(header.encode().as_slice(), &fixed[..header::LEN], "a header reads back as written");
    let len = header.shape.file_len();
    if len > MAX_LEN {
        return;
    }
    let mut whole = fixed;
    whole.resize(usize::try_from(len).expect("a small number"), 0x55);
    open(&whole);
    let shard = ShardBuilder::new(&header.shape).expect("a shape that was decoded");
    let prefix = &shard.bytes()[..45];
    for shard in whole[header::LEN..].chunks_mut(shard.bytes().len()) {
        shard[..45].copy_from_slice(prefix);
    }
    let filter = Filter::open(whole.as_slice(), len).expect("a filter");
    for index in 0..16_u8 {
        filter.contains(&Sha1Digest::of(&[index])).expect("an answer");
    }
}

fn open(bytes: &[u8]) {
    if let Ok(filter) = Filter::open(bytes, bytes.len() as u64) {
        let _ = filter.contains(&Sha1Digest::of(b"password"));
        let _ = filter.verify(|_| ());
    }
}

fn with_checksum(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut fixed = bytes.to_vec();
    let (checked, rest) = fixed.split_at_mut_checked(header::LEN - 20)?;
    rest.first_chunk_mut::<20>()?.copy_from_slice(Sha1Digest::of(checked).as_bytes());
    Some(fixed)
}

/// Every line is taken, once, and a good one says what it said.
pub fn hibp(bytes: &[u8]) {
    let (range, text) = match bytes.split_first() {
        Some((b'r', text)) => (Range::new(0xabcde), text),
        _ => (None, bytes),
    };
    let mut rest = text;
    let mut lines = text.split_inclusive(|&byte| byte == b'\n');
    while let Some(read) = next_line(&mut rest, range) {
        let line = lines.next().expect("no more lines than there are").trim_ascii_end();
        if let Line::Entry(digest, count) = read {
            let hex: String = digest.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            let said = String::from_utf8(line.to_ascii_lowercase()).expect("digits");
            let (hash, said_count) = said.split_once(':').unwrap_or((&said, "1"));
            assert!(hash == hex || range.is_some() && hash == &hex[5..], "{hash}");
            assert_eq!(count, said_count.parse().unwrap_or(u64::MAX));
            if hash != hex {
                assert_eq!(&hex[..5], "abcde");
            }
        }
    }
    assert_eq!(lines.next(), None, "no fewer");
}

const CHALLENGE: &str = r#"{"mode":"enforce","endpoints":[{"name":"web","match":{"path":"/login"},
  "credentials":{"form":{"username":"user","password":"password"}}}],
  "rules":[{"name":"r","when":{"credentials.ambiguous":true},"then":"challenge"}],
  "challenge":{"difficulty":8,"handover":{"url":"/prove","return":"/login",
  "key":"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}}}"#;

/// Whatever a client brings to the challenge is refused: nobody has earned anything here.
pub fn tokens(bytes: &[u8]) {
    let key = SecretKey::new(vec![1; 32]).expect("a key");
    let keys = Keys::configured(&[key]).expect("one key");
    for purpose in [Purpose::Puzzle, Purpose::Pass, Purpose::Wait, Purpose::Handover] {
        assert!(Claims::open(bytes, &keys, purpose).is_err(), "a forged signature");
    }
    // Behind a good signature, what says which numbers solve it.
    let claims = Claims {
        id: [7; 16],
        from: 0,
        until: u32::MAX,
        value: 32,
        endpoint: [0; 8],
        binding: [0; 8],
    };
    let token = claims.seal(&keys, Purpose::Puzzle);
    let solution = [token.as_bytes(), b".", bytes].concat();
    if let Ok(solution) = Solution::read(&solution, &keys) {
        assert!(solution.verify().is_err(), "sixteen times 32 bits");
    }
    let store = MemoryStore::new();
    let policy = unstuff_engine::config::parse(CHALLENGE.as_bytes()).expect("a policy").policy;
    let table = Table::open(&store, policy.state, [7; 16]).expect("a table");
    let engine = Engine::new(policy, table).with_challenge(&keys);
    let nothing: Option<&Filter<&[u8]>> = None;
    let world = World { now: Millis(1 << 40), store: &store, passwords: nothing, pairs: nothing };
    let send = |method: &str, path: Vec<u8>, name: &str, value: Vec<u8>| {
        let headers = vec![
            (b":method".to_vec(), method.into()),
            (b":path".to_vec(), path),
            (name.into(), value),
        ];
        let mut attempt = Attempt::default();
        match engine.request_headers(&world, &mut attempt, headers, b"192.0.2.1:1", false) {
            Step::Errand(errand) => {
                let answer = engine.run(&world, &errand, [9; 32]).expect("a challenge");
                assert_ne!(answer.name, "pass");
            }
            Step::Hold if method == "POST" => {
                let body = Body::Complete(b"user=a&password=b&password=c");
                let Step::Decided(decision) = engine.request_body(&world, &mut attempt, body)
                else {
                    return;
                };
                assert_eq!(decision.verdict.action, Action::Challenge);
            }
            _ => {}
        }
    };
    send("GET", b"/login".to_vec(), REDEEM_HEADER, bytes.to_vec());
    for field in ["unstuff-wait=", "unstuff-answer="] {
        send("GET", [b"/login?", field.as_bytes(), bytes].concat(), "x", Vec::new());
    }
    let cookie = [PASS_COOKIE.as_bytes(), b"=", bytes].concat();
    for (name, value) in
        [("cookie", cookie.as_slice()), (PASS_HEADER, bytes), (SOLUTION_HEADER, bytes)]
    {
        send("POST", b"/login".to_vec(), name, value.to_vec());
    }
}

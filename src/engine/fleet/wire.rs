//! The two messages of `envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit`, and the one that
//! names the service to Envoy, in the wire format of Protocol Buffers.
//!
//! Written by hand, because a few fields of them are needed and a library would make the module larger.
//! What is read comes from outside: it is bounded, and junk is no answer.

/// The service, as gRPC names it.
pub const SERVICE: &str = "envoy.service.ratelimit.v3.RateLimitService";

/// Its only method.
pub const METHOD: &str = "ShouldRateLimit";

/// The longest answer that is read, in bytes.
pub const MAX_ANSWER_BYTES: usize = 16 << 10;

/// The codes of an answer.
const OK: u64 = 1;
const OVER_LIMIT: u64 = 2;

/// The wire types of fields.
const VARINT: u64 = 0;
const FIXED_64: u64 = 1;
const BYTES: u64 = 2;
const FIXED_32: u64 = 5;

/// An entry of a descriptor.
pub type DescriptorEntry = (&'static str, String);

/// A `RateLimitRequest`: the descriptors under which so many hits count.
#[must_use]
pub fn request(domain: &str, descriptors: &[Vec<DescriptorEntry>], hits: u32) -> Vec<u8> {
    let mut message = Vec::new();
    put_bytes(&mut message, 1, domain.as_bytes());
    for descriptor in descriptors {
        let mut entries = Vec::new();
        for (key, value) in descriptor {
            let mut entry = Vec::new();
            put_bytes(&mut entry, 1, key.as_bytes());
            put_bytes(&mut entry, 2, value.as_bytes());
            put_bytes(&mut entries, 1, &entry);
        }
        put_bytes(&mut message, 2, &entries);
    }
    put_varint(&mut message, 3 << 3 | VARINT);
    put_varint(&mut message, hits.into());
    message
}

/// An `envoy.config.core.v3.GrpcService` of Envoy's own client. Envoy would take the bare name too,
/// unless it happens to be such a message. Text, because names are short and ASCII.
#[must_use]
pub fn grpc_service(cluster: &str) -> Option<String> {
    let (mut envoy_grpc, mut service) = (Vec::new(), Vec::new());
    put_bytes(&mut envoy_grpc, 1, cluster.as_bytes());
    put_bytes(&mut service, 1, &envoy_grpc);
    String::from_utf8(service).ok()
}

/// What the service says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FleetAnswer {
    /// A limit is exceeded.
    pub over: bool,
    /// Of each descriptor whether its limit is exceeded; empty if the service does not say.
    pub each: Vec<bool>,
}

impl FleetAnswer {
    /// Reads a `RateLimitResponse`. `None` for junk, and for one that does not tell.
    #[must_use]
    pub fn read(message: &[u8]) -> Option<Self> {
        let (mut over, mut each) = (None, Vec::new());
        let mut rest = Some(message).filter(|it| it.len() <= MAX_ANSWER_BYTES)?;
        while !rest.is_empty() {
            match take_field(&mut rest)? {
                (1, WireField::Varint(code)) => over = Some(is_over(code)?),
                (2, WireField::Bytes(status)) => each.push(status_is_over(status)?),
                _ => {}
            }
        }
        Some(Self { over: over?, each })
    }

    /// Whether the limit of the descriptor at this position, of so many, is exceeded. A service that
    /// does not say which one is exceeded speaks of the first, which is the narrowest.
    #[must_use]
    pub fn is_over(&self, position: usize, descriptors: usize) -> bool {
        if self.each.len() == descriptors {
            return self.over && self.each.get(position).copied().unwrap_or_default();
        }
        self.over && position == 0
    }
}

/// Of a descriptor's status only the code is of use.
fn status_is_over(mut status: &[u8]) -> Option<bool> {
    let mut over = false;
    while !status.is_empty() {
        if let (1, WireField::Varint(code)) = take_field(&mut status)? {
            over = code == OVER_LIMIT;
        }
    }
    Some(over)
}

/// An unknown code is no answer.
fn is_over(code: u64) -> Option<bool> {
    matches!(code, OK | OVER_LIMIT).then_some(code == OVER_LIMIT)
}

enum WireField<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Fixed,
}

/// Takes a field and its number from the front. Groups, which nobody writes, are junk.
fn take_field<'a>(from: &mut &'a [u8]) -> Option<(u64, WireField<'a>)> {
    let tag = take_varint(from)?;
    let field = match tag & 7 {
        VARINT => WireField::Varint(take_varint(from)?),
        FIXED_64 => take(from, 8).map(|_| WireField::Fixed)?,
        FIXED_32 => take(from, 4).map(|_| WireField::Fixed)?,
        BYTES => {
            let length = take_varint(from)?;
            WireField::Bytes(take(from, length)?)
        }
        _ => return None,
    };
    Some((tag >> 3, field))
}

fn take<'a>(from: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let (head, rest) = from.split_at_checked(usize::try_from(length).ok()?)?;
    *from = rest;
    Some(head)
}

fn take_varint(from: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while let (low, rest @ 1..) = (value & 0x7f, value >> 7) {
        out.extend((low | 0x80).to_le_bytes().first());
        value = rest;
    }
    out.extend(value.to_le_bytes().first());
}

fn put_bytes(out: &mut Vec<u8>, number: u64, bytes: &[u8]) {
    put_varint(out, number << 3 | BYTES);
    put_varint(out, bytes.len() as u64);
    out.extend(bytes);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Written down from the protocol's definition: `domain = 1`, `descriptors = 2`,
    /// `hits_addend = 3`; of a descriptor `entries = 1`; of an entry `key = 1`, `value = 2`.
    #[test]
    fn request_is_as_the_protocol_defines_it() {
        let descriptor = vec![("rule", "r".to_owned()), ("client", "0a".to_owned())];
        let entries = b"\x0a\x09\x0a\x04rule\x12\x01r\x0a\x0c\x0a\x06client\x12\x020a";
        let golden = [b"\x0a\x01d\x12\x19", entries.as_slice(), b"\x18\xac\x02"].concat();
        assert_eq!(request("d", &[descriptor], 300), golden);
    }

    #[test]
    fn service_is_named_as_envoy_reads_it() {
        assert_eq!(grpc_service("limiter").unwrap().as_bytes(), b"\x0a\x09\x0a\x07limiter");
        let longest = "c".repeat(120);
        assert_eq!(grpc_service(&longest).unwrap().len(), 124);
    }

    #[test]
    fn answer_is_read_as_the_protocol_defines_it() {
        let read = |bytes: &[u8]| FleetAnswer::read(bytes);
        assert_eq!(read(b"\x08\x01"), Some(FleetAnswer { over: false, each: vec![] }));
        assert_eq!(read(b"\x08\x02"), Some(FleetAnswer { over: true, each: vec![] }));
        // Two statuses: OK with 4 remaining, OVER_LIMIT with a limit and the time until it resets.
        // And a header, which is of no use.
        let ok = b"\x12\x04\x08\x01\x18\x04";
        let over = b"\x12\x0c\x08\x02\x12\x04\x08\x0a\x10\x03\x22\x02\x08\x3b";
        let header = b"\x1a\x08\x0a\x01a\x12\x03b=c";
        let answer = [b"\x08\x02".as_slice(), ok, over, header].concat();
        assert_eq!(read(&answer), Some(FleetAnswer { over: true, each: vec![false, true] }));
    }

    #[test]
    fn junk_is_no_answer() {
        for junk in [b"".as_slice(), b"\x08", b"\x08\x00", b"\x08\x03", b"\x0b", b"HTTP/1.1 200 OK"]
        {
            assert_eq!(FleetAnswer::read(junk), None, "{junk:?}");
        }
        assert_eq!(
            FleetAnswer::read(&[b"\x08\x02\x12\x7f".as_slice(), b"x"].concat()),
            None,
            "cut"
        );
        let endless = [b"\x08".as_slice(), &[0xff; 11]].concat();
        assert_eq!(FleetAnswer::read(&endless), None);
        let long = [b"\x08\x02".as_slice(), &b"\x28\x01".repeat(MAX_ANSWER_BYTES)].concat();
        assert_eq!(FleetAnswer::read(&long), None);
    }

    #[test]
    fn service_that_does_not_say_which_limit_speaks_of_the_narrowest() {
        let vague = FleetAnswer { over: true, each: vec![] };
        assert!(vague.is_over(0, 2) && !vague.is_over(1, 2));
        let exact = FleetAnswer { over: true, each: vec![false, true] };
        assert!(!exact.is_over(0, 2) && exact.is_over(1, 2));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(answer) = FleetAnswer::read(&bytes) {
                prop_assert!(answer.each.len() <= bytes.len());
            }
        }
    }
}

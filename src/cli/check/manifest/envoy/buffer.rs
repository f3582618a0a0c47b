//! Envoy's buffer filter, and what is said about it.

use serde_json::Value;
use unstuff_engine::policy::Policy;

use crate::check::manifest::finding::Finding;
use crate::check::manifest::node::{ManifestNode, last_part};

/// The name of the buffer filter.
pub(in super::super) const BUFFER: &str = "envoy.filters.http.buffer";

/// The name of the filter that comes last.
pub(in super::super) const ROUTER: &str = "envoy.filters.http.router";

/// There is no buffer filter.
pub(in super::super) const NONE: &str = "no buffer filter behind the module in these files: the \
     application sees headers of stopped logins, and is told no verdict";

/// It stands in the wrong place.
pub(in super::super) const BEFORE: &str = "the buffer filter stands before the module: the \
     application is told no verdict, and may see headers of stopped logins";

/// Whether an HTTP filter is the buffer filter.
pub(in super::super) fn is_buffer(filter: ManifestNode<'_>) -> bool {
    let by_type = filter.get("typed_config").is_some_and(|it| it.type_name() == "Buffer");
    by_type
        || filter
            .text_at(&["name"])
            .is_some_and(|name| name == BUFFER || last_part(name) == "buffer")
}

/// It is on for every route.
pub(in super::super) fn everywhere(filter: ManifestNode<'_>) -> Finding {
    Finding::warning(
        filter,
        "the buffer filter is on for every route: larger uploads are answered with 413, and streams \
         are held back; set disabled: true, and switch it on for the login routes",
    )
}

/// It is on for no route.
pub(in super::super) fn nowhere(filter: ManifestNode<'_>) -> Finding {
    Finding::warning(
        filter,
        "the buffer filter is switched off, and no route of these files switches it on: the \
         application sees headers of stopped logins, and is told no verdict",
    )
}

/// Whether it takes the longest body that the module reads.
pub(in super::super) fn limit(
    node: ManifestNode<'_>,
    path: &[&str],
    policy: &Policy,
) -> Option<Finding> {
    let limit = node.at(path)?.get("max_request_bytes")?;
    let longest = policy.max_body_bytes;
    let Value::Number(bytes) = limit.scalar()? else { return None };
    let is_less = usize::try_from(bytes.as_u64()?).is_ok_and(|bytes| bytes <= longest);
    is_less.then(|| {
        Finding::warning(
            limit,
            format!(
                "a login that is longer is answered with 413 before the module has judged it: take \
                 more than its \"max_body\", {longest} bytes"
            ),
        )
    })
}

//! What counts: Limitador's memory, or a script in Redis.
//!
//! Limitador decides in both which limits a request meets, and under which variables it counts. A
//! request that is over one limit counts for none, as in Limitador's own storages.

use std::error::Error;
use std::sync::Arc;

use limitador::RateLimiter;
use limitador::counter::Counter;
use limitador::limit::{Context, Limit};
use redis::aio::MultiplexedConnection;
use redis::{Client, Script};
use tokio::sync::Mutex;

use crate::messages::RateLimitRequest;

/// How many counters the memory has room for.
const MEMORY_COUNTERS: u64 = 1_000_000;

/// Counts under all keys or under none, and says whether it did. Of each key the arguments are the
/// most hits and the seconds of its window, behind the number of hits.
const COUNT: &str = "
    for at, key in ipairs(KEYS) do
        if (tonumber(redis.call('GET', key)) or 0) + ARGV[1] > tonumber(ARGV[2 * at]) then
            return false
        end
    end
    for at, key in ipairs(KEYS) do
        redis.call('INCRBY', key, ARGV[1])
        redis.call('EXPIRE', key, ARGV[2 * at + 1], 'NX')
    end
    return true
";

/// Where hits are counted.
pub(crate) enum Counters {
    /// In this process.
    Memory(Box<RateLimiter>),
    /// In Redis, together with other services.
    Redis(Box<RedisCounters>),
}

impl Counters {
    pub(crate) fn in_memory(limits: Vec<Limit>) -> Self {
        let limiter = RateLimiter::new(MEMORY_COUNTERS);
        for limit in limits {
            limiter.add_limit(limit);
        }
        Self::Memory(Box::new(limiter))
    }

    pub(crate) fn in_redis(limits: Vec<Limit>, port: u16) -> Result<Self, Box<dyn Error>> {
        let client = Client::open(format!("redis://127.0.0.1:{port}"))?;
        let limits = limits.into_iter().map(Arc::new).collect();
        let connection = Mutex::default();
        let count = Script::new(COUNT);
        Ok(Self::Redis(Box::new(RedisCounters { limits, client, connection, count })))
    }

    /// Counts a request, and says whether it is over a limit.
    pub(crate) async fn is_over(&self, request: &RateLimitRequest) -> Result<bool, Box<dyn Error>> {
        match self {
            Self::Memory(limiter) => {
                let domain = request.domain.as_str().into();
                let answer = limiter.check_rate_limited_and_update(
                    &domain,
                    &context(request),
                    request.hits(),
                )?;
                Ok(answer.limited)
            }
            Self::Redis(counters) => {
                let met = counters.met(request)?;
                Ok(!met.is_empty() && !counters.count(&met, request.hits()).await?)
            }
        }
    }
}

pub(crate) struct RedisCounters {
    limits: Vec<Arc<Limit>>,
    client: Client,
    /// None before the first request, and after an error.
    connection: Mutex<Option<MultiplexedConnection>>,
    count: Script,
}

impl RedisCounters {
    /// The counters that a request meets.
    fn met(&self, request: &RateLimitRequest) -> Result<Vec<Counter>, Box<dyn Error>> {
        let context = context(request);
        let limits = self.limits.iter().filter(|limit| {
            limit.namespace().as_ref() == request.domain && limit.applies(&context)
        });
        let counters =
            limits.filter_map(|limit| Counter::new(Arc::clone(limit), &context).transpose());
        Ok(counters.collect::<Result<_, _>>()?)
    }

    async fn count(&self, counters: &[Counter], hits: u64) -> Result<bool, Box<dyn Error>> {
        let mut call = self.count.prepare_invoke();
        call.arg(hits);
        for counter in counters {
            let variables: Vec<_> = counter.set_variables().values().map(String::as_str).collect();
            let name = counter.limit().name().unwrap_or_default();
            call.key(format!("{name}:{}", variables.join(":")));
            call.arg(counter.max_value()).arg(counter.window().as_secs());
        }
        let mut connection = self.connection().await?;
        let answer = call.invoke_async(&mut connection).await;
        if answer.is_err() {
            self.connection.lock().await.take();
        }
        Ok(answer?)
    }

    async fn connection(&self) -> Result<MultiplexedConnection, Box<dyn Error>> {
        let mut connection = self.connection.lock().await;
        if let Some(connection) = &*connection {
            return Ok(connection.clone());
        }
        let opened = self.client.get_multiplexed_async_connection().await?;
        Ok(connection.insert(opened).clone())
    }
}

/// What the expressions of the limits speak of, named as by Limitador's own server.
fn context(request: &RateLimitRequest) -> Context<'static> {
    let mut context = Context::default();
    context.list_binding("descriptors".to_owned(), request.entries());
    context
}

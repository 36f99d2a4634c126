//! Counted resources: `limit` and its relatives.
//!
//! A resource is a realm and a name; who uses it is a call, until it ends or lets go. Kept in memory:
//! the backends `hash` and `db` of FreeSWITCH are the same here.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Resources that are counted at a time; a further one is refused. Some 200 bytes each.
pub const MAX_RESOURCES: usize = 100_000;

/// A realm and a name.
type Name = (String, String);

/// How much of a resource is used, and by whom.
#[derive(Default)]
struct Resource {
    /// The uuids of those that use it; few.
    users: Vec<String>,
    /// How often it was taken in the interval that ends then.
    rate: u32,
    until: Option<Instant>,
}

impl Resource {
    /// Whether anything counts on it.
    fn used(&self, now: Instant) -> bool {
        !self.users.is_empty() || self.until.is_some_and(|until| now < until)
    }
}

/// What a resource allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// At a time, or in an interval; none is any number.
    pub most: Option<u32>,
    /// Then it is a rate: so often in so long.
    pub interval: Option<Duration>,
}

impl Allowed {
    /// Reads `<max>[/<seconds>]`; none, negative and what is no number allow any number.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (most, interval) = text.split_once('/').unwrap_or((text, ""));
        let interval = interval.trim().parse().ok().filter(|seconds| *seconds > 0);
        Self { most: most.trim().parse().ok(), interval: interval.map(Duration::from_secs) }
    }
}

/// Why a resource was not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// As many use it as may.
    #[error("the limit is reached")]
    Exceeded,
    /// More resources than [`MAX_RESOURCES`] are counted.
    #[error("{MAX_RESOURCES} resources are counted already")]
    Full,
}

/// All resources of a server.
#[derive(Default)]
pub struct Usage(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    resources: HashMap<Name, Resource, foldhash::fast::RandomState>,
    /// What each call has, so that its end does not look through all.
    calls: HashMap<String, Vec<Name>, foldhash::fast::RandomState>,
}

impl Usage {
    /// Takes a resource for a call; one that has it already keeps it. Answers how many use it and the
    /// rate.
    ///
    /// # Errors
    ///
    /// [`Denied`]; nothing changes then.
    pub fn take(
        &self,
        realm: &str,
        name: &str,
        uuid: &str,
        allowed: Allowed,
    ) -> Result<(usize, u32), Denied> {
        let now = Instant::now();
        let mut inner = self.0.lock();
        let Inner { resources, calls } = &mut *inner;
        let key = (realm.to_owned(), name.to_owned());
        if resources.len() >= MAX_RESOURCES && !resources.contains_key(&key) {
            // Rates that are over are kept until there is no room.
            resources.retain(|_, resource| resource.used(now));
            if resources.len() >= MAX_RESOURCES {
                return Err(Denied::Full);
            }
        }
        let resource = resources.entry(key.clone()).or_default();
        let has = resource.users.iter().any(|user| user == uuid);
        if let Some(interval) = allowed.interval {
            if resource.until.is_none_or(|until| now >= until) {
                (resource.until, resource.rate) = (now.checked_add(interval), 0);
            }
            if allowed.most.is_some_and(|most| resource.rate >= most) {
                return Err(Denied::Exceeded);
            }
            resource.rate += 1;
        } else if !has && allowed.most.is_some_and(|most| resource.users.len() >= most as usize) {
            return Err(Denied::Exceeded);
        }
        if !has {
            resource.users.push(uuid.to_owned());
            calls.entry(uuid.to_owned()).or_default().push(key);
        }
        Ok((resource.users.len(), resource.rate))
    }

    /// Lets go of what a call has: one resource, those of a realm, or all.
    pub fn release(&self, uuid: &str, realm: Option<&str>, name: Option<&str>) {
        let mut inner = self.0.lock();
        let Inner { resources, calls } = &mut *inner;
        let Some(has) = calls.get_mut(uuid) else { return };
        has.retain(|key| {
            let (of, called) = key;
            if realm.is_some_and(|realm| realm != of) || name.is_some_and(|name| name != called) {
                return true;
            }
            if let Some(resource) = resources.get_mut(key) {
                resource.users.retain(|user| user != uuid);
                // A rate goes on being counted.
                if resource.users.is_empty() && resource.until.is_none() {
                    resources.remove(key);
                }
            }
            false
        });
        if has.is_empty() {
            calls.remove(uuid);
        }
    }

    /// How many use a resource, and the rate.
    #[must_use]
    pub fn of(&self, realm: &str, name: &str) -> (usize, u32) {
        let inner = self.0.lock();
        let resource = inner.resources.get(&(realm.to_owned(), name.to_owned()));
        resource.map_or((0, 0), |resource| (resource.users.len(), resource.rate))
    }

    /// All resources, or those of a realm: realm, name, how many use it, and the rate.
    #[must_use]
    pub fn all(&self, realm: Option<&str>) -> Vec<(String, String, usize, u32)> {
        let inner = self.0.lock();
        let chosen =
            inner.resources.iter().filter(|((of, _), _)| realm.is_none_or(|realm| realm == of));
        chosen
            .map(|((of, name), resource)| {
                (of.clone(), name.clone(), resource.users.len(), resource.rate)
            })
            .collect()
    }

    /// Begins to count a rate anew.
    pub fn reset_rate(&self, realm: &str, name: &str) {
        if let Some(resource) =
            self.0.lock().resources.get_mut(&(realm.to_owned(), name.to_owned()))
        {
            (resource.until, resource.rate) = (None, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn most(most: u32) -> Allowed {
        Allowed { most: Some(most), interval: None }
    }

    #[test]
    fn a_resource_is_given_until_it_is_used_up() {
        let usage = Usage::default();
        assert_eq!(usage.take("r", "x", "a", most(2)), Ok((1, 0)));
        assert_eq!(usage.take("r", "x", "a", most(2)), Ok((1, 0)), "one call counts once");
        assert_eq!(usage.take("r", "x", "b", most(2)), Ok((2, 0)));
        assert_eq!(usage.take("r", "x", "c", most(2)), Err(Denied::Exceeded));
        assert_eq!(usage.take("r", "y", "c", Allowed::default()), Ok((1, 0)));
        usage.release("b", Some("r"), Some("x"));
        assert_eq!(usage.take("r", "x", "c", most(2)), Ok((2, 0)));
        usage.release("c", None, None);
        assert_eq!((usage.of("r", "x"), usage.of("r", "y")), ((1, 0), (0, 0)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_is_counted_in_its_interval() {
        let usage = Usage::default();
        let allowed = Allowed::parse("2/10");
        assert_eq!(allowed.interval, Some(Duration::from_secs(10)));
        assert_eq!(usage.take("r", "x", "a", allowed), Ok((1, 1)));
        assert_eq!(usage.take("r", "x", "b", allowed), Ok((2, 2)));
        assert_eq!(usage.take("r", "x", "c", allowed), Err(Denied::Exceeded));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(usage.take("r", "x", "c", allowed), Ok((3, 1)));
        usage.reset_rate("r", "x");
        assert_eq!(usage.of("r", "x"), (3, 0));
    }

    #[test]
    fn what_is_no_number_allows_any() {
        for text in ["", "-1", "many", "/5"] {
            assert_eq!(Allowed::parse(text).most, None, "{text}");
        }
    }
}

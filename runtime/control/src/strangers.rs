//! Clients that have not said the password: how many there are, and how often each address was wrong.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Wrong passwords of an address that are answered at once: people mistype.
const FREE: u32 = 3;
/// The first wait; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// After so long without a wrong password, an address begins anew.
const FORGET: Duration = Duration::from_secs(300);
/// Addresses that are remembered; among more, the one that has been quiet the longest is forgotten.
const MAX_ADDRESSES: usize = 1_000;

/// Wrong passwords by address.
#[derive(Debug, Default)]
pub(crate) struct Failures(Mutex<HashMap<IpAddr, (u32, Instant)>>);

impl Failures {
    /// Counts a wrong password; answers how many there were, and how long to wait with the reply.
    pub(crate) fn count(&self, address: IpAddr, longest: Duration) -> (u32, Duration) {
        let now = Instant::now();
        let mut failures = self.0.lock();
        failures.retain(|_, (_, last)| now.duration_since(*last) < FORGET);
        if failures.len() >= MAX_ADDRESSES
            && !failures.contains_key(&address)
            && let Some(oldest) =
                failures.iter().min_by_key(|(_, (_, last))| *last).map(|(address, _)| *address)
        {
            failures.remove(&oldest);
        }
        let (count, last) = failures.entry(address).or_insert((0, now));
        *count = count.saturating_add(1);
        *last = now;
        let wait = match count.checked_sub(FREE + 1) {
            None => Duration::ZERO,
            Some(doublings) => FIRST_WAIT.saturating_mul(1 << doublings.min(16)).min(longest),
        };
        (*count, wait)
    }

    /// The right password: the address begins anew.
    pub(crate) fn forget(&self, address: IpAddr) {
        self.0.lock().remove(&address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_wrong_password_waits_longer_up_to_the_limit() {
        let failures = Failures::default();
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let longest = Duration::from_secs(1);
        let waits: Vec<u128> = (0..9).map(|_| failures.count(one, longest).1.as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100, 200, 400, 800, 1000, 1000]);
        assert_eq!(failures.count(other, longest), (1, Duration::ZERO));
        failures.forget(one);
        assert_eq!(failures.count(one, longest), (1, Duration::ZERO));
    }

    #[tokio::test]
    async fn a_bounded_number_of_addresses_is_remembered() {
        let failures = Failures::default();
        for number in 0..u32::try_from(MAX_ADDRESSES).unwrap() + 50 {
            failures.count(IpAddr::from(number.to_be_bytes()), Duration::ZERO);
        }
        assert_eq!(failures.0.lock().len(), MAX_ADDRESSES);
    }
}

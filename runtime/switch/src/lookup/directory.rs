//! The directory: domains, groups and users.
//!
//! ```xml
//! <section name="directory">
//!   <domain name="example.com">
//!     <params><param name="dial-string" value="…"/></params>
//!     <groups><group name="sales"><users>
//!       <user id="1000" number-alias="alice">
//!         <params><param name="vm-password" value="1234"/></params>
//!         <variables><variable name="toll_allow" value="domestic"/></variables>
//! ```
//!
//! What a user does not set holds as its group sets it, then as its domain does.

use std::sync::Arc;

use super::{Found, Section};
use crate::authority::Authority;
use crate::event::{Event, EventName};
use crate::switch::Switch;
use crate::xml::Element;

/// A user of the directory, with the domain and groups around.
#[derive(Clone, Debug)]
pub struct User {
    domain: Found,
    /// Which child at each level below the domain; the last one is the user.
    path: Vec<usize>,
}

impl Switch {
    /// The domain of that name; none when the directory does not have it. `params` is what a handler
    /// gets to know: [`request_params`](Self::request_params) and what the caller adds.
    pub async fn find_domain(&self, domain: &str, params: Event) -> Option<Found> {
        self.lookup(Section::Directory, "domain", "name", domain, params).await
    }

    /// The user with that id, or that `number-alias`, of that domain. `more` adds to what a handler gets
    /// to know, which is `key`, `user` and `domain`: an `action`, say.
    pub async fn find_user(
        &self,
        user: &str,
        domain: &str,
        more: impl FnOnce(&mut Event),
    ) -> Option<User> {
        self.find_user_by("id", user, domain, more).await
    }

    /// The same by another attribute than `id`.
    pub async fn find_user_by(
        &self,
        key: &str,
        user: &str,
        domain: &str,
        more: impl FnOnce(&mut Event),
    ) -> Option<User> {
        let mut params = self.request_params();
        params.set("key", key).set("user", user).set("domain", domain);
        more(&mut params);
        let found = self.find_domain(domain, params).await?;
        User::within(&found, key, user)
    }

    /// The start of what a handler is told: the headers of all events.
    #[track_caller]
    #[must_use]
    pub fn request_params(&self) -> Event {
        self.events().event(EventName::RequestParams)
    }
}

impl User {
    /// On whose authority the user is in the directory; none is the operator's.
    #[must_use]
    pub fn authority(&self) -> Option<&Arc<Authority>> {
        self.domain.authority()
    }

    /// The user whose attribute `key` is that, or whose `number-alias` is. One that is only pointed at is
    /// found where it is.
    #[must_use]
    pub fn within(domain: &Found, key: &str, user: &str) -> Option<Self> {
        let mut pointer = None;
        for path in ways(domain) {
            let found = Self { domain: domain.clone(), path };
            let is =
                |key| found.attribute(key).is_some_and(|known| known.eq_ignore_ascii_case(user));
            if is(key) || is("number-alias") {
                if found.attribute("type") != Some("pointer") {
                    return Some(found);
                }
                pointer.get_or_insert(found);
            }
        }
        pointer
    }

    /// The users of that group, in order.
    #[must_use]
    pub fn of_group(domain: &Found, group: &str) -> Vec<Self> {
        let all = ways(domain).into_iter();
        let users = all.map(|path| Self { domain: domain.clone(), path });
        users.filter(|user| user.in_group(group)).collect()
    }

    /// Whether a group of that name is around the user.
    #[must_use]
    pub fn in_group(&self, group: &str) -> bool {
        self.around().any(|element| {
            element.name == "group"
                && element.attribute("name").is_some_and(|name| name.eq_ignore_ascii_case(group))
        })
    }

    /// `<user>`.
    #[must_use]
    pub fn element(&self) -> &Element {
        self.around().last().unwrap_or(&self.domain)
    }

    /// `<domain>`.
    #[must_use]
    pub const fn domain(&self) -> &Found {
        &self.domain
    }

    /// An attribute of the user: `id`, `cidr`, `cacheable`.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.element().attribute(name)
    }

    /// `<param name="…">` of the user, else of its group, else of its domain.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.value("params", "param", name)
    }

    /// `<variable name="…">` of the user, else of its group, else of its domain.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.value("variables", "variable", name)
    }

    /// All variables that hold for the user, outermost first; each once.
    #[must_use]
    pub fn variables(&self) -> Vec<(&str, &str)> {
        self.all("variables", "variable")
    }

    /// All params that hold for the user, outermost first; each once.
    #[must_use]
    pub fn params(&self) -> Vec<(&str, &str)> {
        self.all("params", "param")
    }

    /// The domain, what is between, and the user.
    fn around(&self) -> std::vec::IntoIter<&Element> {
        let mut element: &Element = &self.domain;
        let mut around = vec![element];
        for at in &self.path {
            // The document does not change, so each step that `way_to` took is still there.
            let Some(child) = element.children.get(*at) else { break };
            element = child;
            around.push(element);
        }
        around.into_iter()
    }

    fn value<'u>(&'u self, list: &'u str, entry: &'u str, name: &str) -> Option<&'u str> {
        let named = |element: &&Element| {
            element.attribute("name").is_some_and(|known| known.eq_ignore_ascii_case(name))
        };
        let mut inner_first = self.around().rev();
        let found = inner_first.find_map(|element| entries(element, list, entry).find(named));
        found?.attribute("value")
    }

    fn all<'u>(&'u self, list: &'u str, entry: &'u str) -> Vec<(&'u str, &'u str)> {
        let mut all: Vec<(&str, &str)> = Vec::new();
        for element in self.around() {
            for one in entries(element, list, entry) {
                let (Some(name), Some(value)) = (one.attribute("name"), one.attribute("value"))
                else {
                    continue;
                };
                match all.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
                    Some(known) => *known = (name, value),
                    None => all.push((name, value)),
                }
            }
        }
        all
    }
}

fn entries<'e>(element: &'e Element, list: &str, entry: &str) -> impl Iterator<Item = &'e Element> {
    let lists = element.children.iter().filter(move |child| child.name == list);
    lists.flat_map(|list| &list.children).filter(move |child| child.name == entry)
}

/// The ways to all users below an element, whatever groups are between.
fn ways(domain: &Element) -> Vec<Vec<usize>> {
    fn below(element: &Element, path: &mut Vec<usize>, ways: &mut Vec<Vec<usize>>) {
        for (at, child) in element.children.iter().enumerate() {
            path.push(at);
            match child.name.as_str() {
                "user" => ways.push(path.clone()),
                "groups" | "group" | "users" => below(child, path, ways),
                _ => {}
            }
            path.pop();
        }
    }
    let mut ways = Vec::new();
    below(domain, &mut Vec::new(), &mut ways);
    ways
}

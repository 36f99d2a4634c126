//! OPTIONS: what we can do (RFC 3261 §11).

use super::{ALLOW, Core, Flow};
use crate::wire::{Request, Writer, response_head};

impl Core {
    /// Answers as an INVITE would be answered now. Nothing is kept: a repeated OPTIONS is answered
    /// again.
    pub(super) fn options(&mut self, request: &Request, flow: &Flow) {
        if self.draining {
            return self.overload(request, flow, "shutting down");
        }
        let from_tag = request.from().and_then(|from| from.tag()).unwrap_or_default();
        let tag = self.stateless_tag(request.call_id().as_bytes(), from_tag.as_bytes());
        let head = response_head(request, flow.peer, tag.as_bytes());
        let data = Writer::response(200, "OK", &head)
            .line("Allow", ALLOW)
            .line("Accept", b"application/sdp")
            .line("Accept-Encoding", b"identity")
            .line("Server", self.settings.config.user_agent.as_bytes())
            .finish();
        self.send(flow.clone(), data);
    }
}

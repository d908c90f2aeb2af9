//! Which programs a check is for. It follows from their dialects, so that a new pair is judged by all
//! checks that fit it.

use crate::check::engine::target::Target;
use crate::pairs::Transport::{Tcp, Udp};
use crate::pairs::dialect::{Answer, Asks, Files, Header, Serves};
use crate::pairs::{Pair, Side};

/// Which programs a check is for: of the servers, or the clients, those that it fits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    side: Side,
    fits: fn(&Pair) -> bool,
}

impl Needs {
    /// Whether `target` is one of them.
    pub(crate) fn are_met_by(self, target: &Target) -> bool {
        target.side == self.side && (self.fits)(target.pair)
    }
}

impl Pair {
    fn is_tcp(&self) -> bool {
        self.transport == Tcp
    }

    fn is_udp(&self) -> bool {
        self.transport == Udp
    }

    fn has_files(&self) -> bool {
        self.dialect.files.is_some()
    }

    fn gets(&self) -> bool {
        self.dialect.files.as_ref().is_some_and(Files::gets)
    }

    fn puts(&self) -> bool {
        self.dialect.files.as_ref().is_some_and(|files| files.puts)
    }

    fn answers(&self, how: Answer) -> bool {
        self.dialect.answer == how
    }

    fn serves(&self, how: Serves) -> bool {
        self.dialect.server.serves == how
    }

    fn is_stuck(&self) -> bool {
        self.dialect.server.stuck_by_hang_up
    }

    fn goes_on_in_turn(&self) -> bool {
        self.serves(Serves::InTurn) && !self.is_stuck()
    }

    fn stays(&self) -> bool {
        self.is_tcp() && !self.has_files() && !self.greets() && !self.serves(Serves::Once)
    }

    /// Whether the server answers each message by its bytes alone.
    fn echoes(&self) -> bool {
        !self.serves(Serves::Once)
            && matches!(
                self.dialect.answer,
                Answer::Same | Answer::UpperBytes | Answer::Always(_)
            )
    }

    fn is_silent(&self) -> bool {
        self.answers(Answer::Silence)
    }

    /// Whether the server speaks first.
    fn greets(&self) -> bool {
        self.dialect.question.is_empty() && !self.has_files()
    }

    fn shows_text(&self) -> bool {
        self.dialect.server.shows.contains("{text}")
    }

    /// Whether the client shows an answer as a bytes object.
    fn client_shows_bytes(&self) -> bool {
        self.dialect.client.shows.contains("{bytes}")
    }

    fn asks_in_json(&self) -> bool {
        self.dialect.asks_in.is_json()
    }

    fn has_prompt(&self) -> bool {
        self.dialect.client.asks.prompt().is_some()
    }

    /// Whether what is typed at the client's prompt is a message.
    fn types(&self) -> bool {
        self.has_prompt() && !self.has_files()
    }

    fn strips(&self) -> bool {
        matches!(
            self.dialect.client.asks,
            Asks::AtPrompt { strips: true, .. }
        )
    }

    fn sends_empty(&self) -> bool {
        matches!(
            self.dialect.client.asks,
            Asks::AtPrompt {
                sends_empty: true,
                ..
            }
        )
    }

    /// Whether the client knows how long an answer is.
    fn counts(&self) -> bool {
        self.dialect.client.asks != Asks::Once || self.dialect.answers_in != Header::None
    }
}

#[rustfmt::skip]
pub(super) mod servers {
    use super::{Answer, Header, Needs, Pair, Serves};
    use crate::pairs::Side;

    const fn which(fits: fn(&Pair) -> bool) -> Needs {
        Needs { side: Side::Server, fits }
    }

    pub(crate) const SERVER: Needs = which(|_| true);
    pub(crate) const TCP_SERVER: Needs = which(Pair::is_tcp);
    /// TCP servers that echo bytes.
    pub(crate) const TCP_ECHO: Needs = which(|pair| pair.is_tcp() && pair.echoes());
    /// Those of them whose lesson serves one client after another, and goes on when one has left.
    pub(crate) const TCP_ECHO_IN_TURN: Needs = which(|pair| pair.is_tcp() && pair.echoes() && pair.goes_on_in_turn());
    /// Those whose lesson is stuck then.
    pub(crate) const TCP_ECHO_STUCK: Needs = which(|pair| pair.is_tcp() && pair.echoes() && pair.is_stuck());
    pub(crate) const TCP_ECHO_SHOWING_TEXT: Needs = which(|pair| pair.is_tcp() && pair.echoes() && pair.shows_text());
    /// TCP servers that end with their first client.
    pub(crate) const TCP_ONCE: Needs = which(|pair| pair.is_tcp() && pair.serves(Serves::Once) && !pair.greets());
    /// Those that speak first, in a frame.
    pub(crate) const GREETING: Needs = which(|pair| pair.greets() && pair.dialect.answers_in.is_json());
    pub(crate) const FRAMED_ECHO: Needs = which(|pair| pair.asks_in_json() && !pair.has_files());
    /// TCP servers of conversations that stay when a client has left.
    pub(crate) const STAYING: Needs = which(Pair::stays);
    pub(crate) const STAYING_NOT_STUCK: Needs = which(|pair| pair.stays() && !pair.is_stuck());
    pub(crate) const SIDE_BY_SIDE: Needs = which(|pair| pair.is_tcp() && pair.serves(Serves::SideBySide));
    /// UDP servers that answer by what was said.
    pub(crate) const UDP_ECHO: Needs = which(|pair| pair.is_udp() && pair.echoes());
    pub(crate) const UDP_ECHO_IN_TURN: Needs = which(|pair| pair.is_udp() && pair.echoes() && pair.goes_on_in_turn());
    /// The lesson's handlers never return: they answer their first datagram for ever.
    pub(crate) const UDP_HANDLERS: Needs = which(|pair| pair.is_udp() && pair.serves(Serves::SideBySide));
    /// UDP servers that echo, and the time server: a format without a directive comes back as it is.
    pub(crate) const UDP_ANSWERING: Needs = which(|pair| pair.is_udp() && (pair.echoes() || pair.answers(Answer::Time)));
    /// UDP servers that end with their first datagram.
    pub(crate) const UDP_ONCE: Needs = which(|pair| pair.is_udp() && pair.serves(Serves::Once) && !pair.is_silent());
    /// The UDP server that only shows.
    pub(crate) const SILENT: Needs = which(Pair::is_silent);
    /// UDP servers at which a person types.
    pub(crate) const TYPED: Needs = which(|pair| pair.answers(Answer::Typed));
    pub(crate) const TIME: Needs = which(|pair| pair.is_udp() && pair.answers(Answer::Time));
    pub(crate) const SNTP: Needs = which(|pair| pair.answers(Answer::Sntp));
    /// The server of the chat in which everybody may write at any time.
    pub(crate) const LIVE: Needs = which(|pair| pair.answers(Answer::Live));
    /// Servers that send files, or store them.
    pub(crate) const FILES: Needs = which(Pair::has_files);
    pub(crate) const GETS: Needs = which(Pair::gets);
    pub(crate) const PUTS: Needs = which(Pair::puts);
    pub(crate) const ONLY_GETS: Needs = which(|pair| pair.gets() && !pair.puts());
    pub(crate) const ONLY_PUTS: Needs = which(|pair| pair.puts() && !pair.gets());
    pub(crate) const GETS_AND_PUTS: Needs = which(|pair| pair.gets() && pair.puts());
    /// File servers whose lesson goes on when a client has left.
    pub(crate) const FILES_NOT_STUCK: Needs = which(|pair| pair.has_files() && !pair.is_stuck());
    /// Those whose lesson is stuck then.
    pub(crate) const FILES_STUCK: Needs = which(|pair| pair.has_files() && pair.is_stuck());
    /// Servers to which headers are sent.
    pub(crate) const HEADERS: Needs = which(|pair| pair.dialect.asks_in != Header::None);
    pub(crate) const JSON: Needs = which(Pair::asks_in_json);
    pub(crate) const BINCODE: Needs = which(|pair| pair.dialect.asks_in.is_bincode());
    pub(crate) const JSON_FILES: Needs = which(|pair| pair.asks_in_json() && pair.has_files());
}

#[rustfmt::skip]
pub(super) mod clients {
    use super::{Answer, Header, Needs, Pair};
    use crate::pairs::Side;

    const fn which(fits: fn(&Pair) -> bool) -> Needs {
        Needs { side: Side::Client, fits }
    }

    pub(crate) const TCP: Needs = which(Pair::is_tcp);
    /// TCP clients that send what is typed.
    pub(crate) const TCP_TYPING: Needs = which(|pair| pair.is_tcp() && pair.types());
    pub(crate) const TCP_PROMPTING: Needs = which(|pair| pair.is_tcp() && pair.has_prompt());
    pub(crate) const TCP_STRIPPING: Needs = which(|pair| pair.is_tcp() && pair.types() && pair.strips());
    pub(crate) const TCP_NOT_STRIPPING: Needs = which(|pair| pair.is_tcp() && pair.types() && !pair.strips());
    /// TCP clients that show an answer, as text or as a bytes object.
    pub(crate) const TCP_SHOWING: Needs = which(|pair| pair.is_tcp() && !pair.has_files());
    pub(crate) const TCP_SHOWING_BYTES: Needs = which(|pair| pair.is_tcp() && pair.client_shows_bytes());
    pub(crate) const UDP_SHOWING_BYTES: Needs = which(|pair| pair.is_udp() && pair.client_shows_bytes());
    /// The client for which the connection's end is the answer's.
    pub(crate) const UNTIL_THE_END: Needs = which(|pair| pair.is_tcp() && !pair.counts());
    /// All others know how long an answer is.
    pub(crate) const COUNTING: Needs = which(|pair| pair.is_tcp() && pair.counts());
    /// Clients whose server sends a header first.
    pub(crate) const FRAMED: Needs = which(|pair| pair.dialect.answers_in != Header::None);
    pub(crate) const JSON: Needs = which(|pair| pair.dialect.answers_in.is_json());
    pub(crate) const BINCODE: Needs = which(|pair| pair.dialect.answers_in.is_bincode());
    pub(crate) const MESSAGES: Needs = which(|pair| pair.dialect.answers_in.is_json() && !pair.has_files());
    pub(crate) const MESSAGES_AGAIN: Needs = which(|pair| pair.asks_in_json() && !pair.has_files());
    pub(crate) const GREETED: Needs = which(|pair| pair.greets() && pair.dialect.answers_in.is_json());
    /// Clients that download, or upload.
    pub(crate) const FILES: Needs = which(Pair::has_files);
    pub(crate) const GETS: Needs = which(Pair::gets);
    pub(crate) const PUTS: Needs = which(Pair::puts);
    pub(crate) const ONLY_GETS: Needs = which(|pair| pair.gets() && !pair.puts());
    pub(crate) const ONLY_PUTS: Needs = which(|pair| pair.puts() && !pair.gets());
    pub(crate) const GETS_AND_PUTS: Needs = which(|pair| pair.gets() && pair.puts());
    /// UDP clients that await an answer.
    pub(crate) const ASKING: Needs = which(|pair| pair.is_udp() && !pair.is_silent());
    /// Those of them that take any answer.
    pub(crate) const CONVERSING: Needs = which(|pair| pair.is_udp() && !pair.is_silent() && !pair.answers(Answer::Sntp) && !pair.answers(Answer::Live));
    pub(crate) const SNTP: Needs = which(|pair| pair.answers(Answer::Sntp));
    /// The client of the chat in which everybody may write at any time.
    pub(crate) const LIVE: Needs = which(|pair| pair.answers(Answer::Live));
    /// The UDP client that only sends.
    pub(crate) const SILENT: Needs = which(Pair::is_silent);
    pub(crate) const UDP_PROMPTING: Needs = which(|pair| pair.is_udp() && pair.has_prompt());
    pub(crate) const UDP_STRIPPING: Needs = which(|pair| pair.is_udp() && pair.types() && pair.strips());
    pub(crate) const UDP_NOT_STRIPPING: Needs = which(|pair| pair.is_udp() && pair.types() && !pair.strips());
    pub(crate) const UDP_SENDING_EMPTY: Needs = which(|pair| pair.is_udp() && pair.sends_empty());
    pub(crate) const UDP_ASKING_AGAIN: Needs = which(|pair| pair.is_udp() && pair.has_prompt() && !pair.sends_empty());
    /// Clients that first ask whom to write to.
    pub(crate) const CHOOSING: Needs = which(|pair| pair.dialect.client.welcome.is_some());
    /// UDP clients that do not wait for ever: no person answers them.
    pub(crate) const IMPATIENT: Needs = which(|pair| pair.is_udp() && !pair.is_silent() && !pair.answers(Answer::Typed));
}

//! What the lessons ask of clients: questions, answers, what is typed and what is shown.

use crate::check::catalogue::clients::client::{Client, Listen, UdpClient};
use crate::check::catalogue::wire::{Peer, letters};
use crate::check::engine::context::Context;
use crate::check::engine::trial::Result;
use crate::pairs::Transport;
use crate::pairs::dialect::{Asks, colours};

pub(crate) fn session<P: Listen>(context: &Context) -> Result {
    let mut client = Client::<P>::start(context)?;
    client.one_round()?;
    match client.dialect.client.asks {
        Asks::Once => {
            client.expect_to_go_on()?;
            // Whatever it sent has come by its end.
            return client.server.expect_no_more();
        }
        Asks::AtPrompt { .. } if context.pair().transport == Transport::Udp => {
            client.ask_line("how are you?")?;
            client.answer(b"Fine, thank you.")?;
        }
        _ => client.one_round()?,
    }
    client.expect_to_go_on()
}

/// The answer is shown as a bytes object.
pub(crate) fn notation<P: Listen>(context: &Context) -> Result {
    let mut client = Client::<P>::asking(context)?;
    let answer = P::lesson_answer(client.dialect);
    client.send_last(&answer)?;
    client.expect_shown_exactly(&P::said(client.dialect))
}

pub(crate) fn non_ascii<P: Listen>(context: &Context, line: &str, answer: &str) -> Result {
    let mut client = Client::<P>::start(context)?;
    client.ask_line(line)?;
    client.answer(answer.as_bytes())?;
    client.expect_to_go_on()
}

pub(crate) fn empty_answer(context: &Context) -> Result {
    let mut client = UdpClient::asking(context)?;
    client.answer(b"")?;
    client.expect_to_go_on()
}

pub(crate) fn three_datagrams(context: &Context) -> Result {
    let mut server = context.bind()?;
    let mut client = context.launch().client(server.local()?)?;
    for datagram in [b"hello", b"world", b"sdfas"] {
        server.expect(datagram)?;
    }
    client.expect_success()?;
    server.expect_no_more()?;
    let nobody = context.vacancy()?;
    context.launch().client(nobody.address())?.expect_success()
}

pub(crate) fn empty_line_is_sent(context: &Context) -> Result {
    let mut client = UdpClient::start(context)?;
    client.ask_line("")?;
    client.answer(b"nothing came")?;
    client.expect_to_go_on()
}

pub(crate) fn empty_line_asks_again<P: Listen>(context: &Context) -> Result {
    let mut client = Client::<P>::start(context)?;
    client.type_in_vain("")?;
    client.type_in_vain("")?;
    client.ask()
}

pub(crate) fn blanks_are_stripped<P: Listen>(context: &Context) -> Result {
    let mut client = Client::<P>::start(context)?;
    if let Asks::AtPrompt {
        sends_empty: false, ..
    } = client.dialect.client.asks
    {
        client.type_in_vain(" \t  ")?;
    }
    client.type_line(" \t hi there  ")?;
    client.server.expect(b"hi there")?;
    client.answer(b"HI THERE")
}

pub(crate) fn blanks_are_kept<P: Listen>(context: &Context, lines: &[&str]) -> Result {
    let mut client = Client::<P>::start(context)?;
    for line in lines {
        client.ask_line(line)?;
        client.answer(line.as_bytes())?;
    }
    Ok(())
}

/// A client that has come to its second question, with its input at an end.
fn at_the_end<P: Listen>(context: &Context) -> Result<Client<P>> {
    let mut client = Client::<P>::start(context)?;
    client.one_round()?;
    client.expect_to_go_on()?;
    client.program.end_input();
    Ok(client)
}

pub(crate) fn end_of_input<P: Listen>(context: &Context) -> Result {
    let mut client = at_the_end::<P>(context)?;
    client.program.expect_end()?;
    client.server.expect_farewell()
}

pub(crate) fn end_of_input_is_no_error<P: Listen>(context: &Context) -> Result {
    let mut client = at_the_end::<P>(context)?;
    client.program.expect_success()?;
    client.program.expect_no_errors()?;
    if let Some((welcome, _)) = client.dialect.client.welcome {
        // The other prompt, which asks for a name.
        let server = context.bind()?;
        let mut program = context.launch().client(server.local()?)?;
        program.expect_screen(welcome)?;
        program.end_input();
        program.expect_success()?;
    }
    Ok(())
}

pub(crate) fn unknown_contact(context: &Context) -> Result {
    let Some((list, _)) = context.dialect().client.welcome else {
        return Ok(());
    };
    let server = context.bind()?;
    let mut program = context.launch().client(server.local()?)?;
    for name in ["nobody", "", "Pony", " jack "] {
        program.expect_screen(list)?;
        program.type_line(name)?;
    }
    program.expect_screen(context.dialect().client.asks.prompt().unwrap_or_default())
}

pub(crate) fn quit_leads_to_the_list(context: &Context) -> Result {
    let mut client = UdpClient::asking(context)?;
    client.answer(b"HELLO")?;
    client.type_line("quit")?;
    let (list, _) = context.dialect().client.welcome.unwrap_or_default();
    client.program.expect_screen(list)?;
    client.program.type_line("nick")?;
    client.ask_line("hello, nick")?;
    client.answer(b"HELLO, YOU")
}

pub(crate) fn invalid_utf8<P: Listen>(context: &Context) -> Result {
    let mut client = Client::<P>::asking(context)?;
    // As many bytes as the question has: a client over TCP counts them.
    client.answer(b"ab\xffcd")?;
    client.expect_to_go_on()
}

pub(crate) fn control_characters<P: Listen>(context: &Context) -> Result {
    let (before, escapes, after) = match context.pair().transport {
        // As many bytes as the question has.
        Transport::Tcp => ("a", "\x1b\x07\r", "b"),
        Transport::Udp => (
            "before",
            "\x1b[2J\x1b]0;title\x07\r\x08\x7f\u{9b}31m\0",
            "after",
        ),
    };
    let mut client = Client::<P>::asking(context)?;
    client.send_answer([before, escapes, after].concat().as_bytes())?;
    // How they are shown is the program's affair, as long as no terminal obeys.
    client.program.await_screen(before)?;
    client.program.await_screen(after)?;
    client.program.next_line()?;
    let allowed = colours(client.dialect.client.shows);
    client.program.expect_harmless_screen(&allowed)?;
    client.expect_to_go_on()
}

pub(crate) fn largest_datagram(context: &Context) -> Result {
    let mut client = UdpClient::asking(context)?;
    client.answer(&letters(65_507))?;
    client.expect_to_go_on()
}

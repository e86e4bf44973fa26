//! The token in a probe packet: its sender, link, kind and round, and a proof of the sender.

use pontoon_model::observation::ProbeKind;

use crate::run_key::RunKey;

/// Starts every UDP and ICMP payload of ours, so that a packet filter can pick them out.
pub const MAGIC: [u8; 4] = *b"pntn";

/// The readable part of a token: sender, link, kind and round.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct TokenHeader {
    /// The number of the sender in the run.
    pub sender: u16,
    /// The number of the sender's link in its list of watched links.
    pub link: u8,
    /// What was sent, by [`ProbeKind::token_code`]; on the wire the top bit marks an answer.
    pub code: u8,
    /// Whether it is an agent's answer to such a probe.
    pub is_answer: bool,
    /// The round, from 1, in which it was sent.
    pub round: u16,
}

/// A header with its two tags: 18 bytes, just what the padding of an ARP frame holds.
///
/// - The *mark* (4 bytes, key of the run) lets an agent see that a packet belongs to its run:
///   it answers nothing else.
/// - The *proof* (8 bytes, key of the sender alone) cannot be made by the receiver: a witness
///   can show that it has seen a packet, and cannot claim one that it has not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ProbeToken {
    /// The readable part.
    pub header: TokenHeader,
    /// Shows that the packet belongs to the run.
    pub mark: [u8; 4],
    /// Shows that the sender made the packet.
    pub proof: [u8; 8],
}

impl ProbeToken {
    /// Length on the wire in bytes.
    pub const LEN: usize = 18;

    /// Makes the token of a packet.
    #[must_use]
    pub fn new(header: TokenHeader, keys: &AgentKeys) -> Self {
        let bytes = header.bytes();
        Self { header, mark: first(keys.run.tag(&bytes)), proof: first(keys.own.tag(&bytes)) }
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut wire = [0; Self::LEN];
        wire[..6].copy_from_slice(&self.header.bytes());
        wire[6..10].copy_from_slice(&self.mark);
        wire[10..].copy_from_slice(&self.proof);
        wire
    }

    /// Reads a token of this run from the start of `wire`; `None` for anything else.
    #[must_use]
    pub fn decode(wire: &[u8], run: &RunKey) -> Option<Self> {
        let wire: &[u8; Self::LEN] = wire.get(..Self::LEN)?.try_into().ok()?;
        let [sender_high, sender_low, link, code, round_high, round_low, ..] = *wire;
        let is_answer = code & 0x80 != 0;
        let code = code & 0x7f;
        // A kind that this pontoon does not know is no probe, whatever its size and port.
        ProbeKind::from_token_code(code, Some(0), Some(0))?;
        let header = TokenHeader {
            sender: u16::from_be_bytes([sender_high, sender_low]),
            link,
            code,
            is_answer,
            round: u16::from_be_bytes([round_high, round_low]),
        };
        let mut mark = [0; 4];
        mark.copy_from_slice(&wire[6..10]);
        let mut proof = [0; 8];
        proof.copy_from_slice(&wire[10..]);
        let expected: [u8; 4] = first(run.tag(&header.bytes()));
        (mark == expected).then_some(Self { header, mark, proof })
    }
}

impl TokenHeader {
    fn bytes(self) -> [u8; 6] {
        let [sender_high, sender_low] = self.sender.to_be_bytes();
        let [round_high, round_low] = self.round.to_be_bytes();
        let code = self.code | if self.is_answer { 0x80 } else { 0 };
        [sender_high, sender_low, self.link, code, round_high, round_low]
    }

    /// Whether `proof` was made by the holder of `own`, the sender's key.
    #[must_use]
    pub fn is_proven_by(self, proof: [u8; 8], own: &RunKey) -> bool {
        first::<8>(own.tag(&self.bytes())) == proof
    }
}

/// The two keys with which an agent works.
#[derive(Clone, Debug)]
pub struct AgentKeys {
    /// Shared by the agents of a run.
    pub run: RunKey,
    /// This sender's own, known to the coordinator besides.
    pub own: RunKey,
}

/// A UDP or ICMP payload: the magic, the token, and room for an answer of the same length.
#[must_use]
pub fn payload(token: &ProbeToken) -> [u8; PAYLOAD_LEN] {
    let mut payload = [0; PAYLOAD_LEN];
    payload[..4].copy_from_slice(&MAGIC);
    payload[4..4 + ProbeToken::LEN].copy_from_slice(&token.encode());
    payload
}

/// An answer: the agent's own token, then the token of the question.
#[must_use]
pub fn answer(own: &ProbeToken, asked: &ProbeToken) -> [u8; PAYLOAD_LEN] {
    let mut payload = payload(own);
    payload[4 + ProbeToken::LEN..].copy_from_slice(&asked.encode());
    payload
}

/// Length of a payload in bytes. An answer is never longer than its question.
pub const PAYLOAD_LEN: usize = 4 + 2 * ProbeToken::LEN;

/// A payload of this run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenPayload {
    /// A probe that its receiver answers.
    Question(ProbeToken),
    /// An answer: the token of the agent that answers, and that of the question.
    Answer(ProbeToken, ProbeToken),
}

/// Reads a payload; `None` when it is not of this run.
#[must_use]
pub fn read_payload(payload: &[u8], run: &RunKey) -> Option<TokenPayload> {
    let rest = payload.strip_prefix(&MAGIC)?;
    let token = ProbeToken::decode(rest, run)?;
    if !token.header.is_answer {
        return Some(TokenPayload::Question(token));
    }
    let asked = ProbeToken::decode(rest.get(ProbeToken::LEN..)?, run)?;
    (!asked.header.is_answer).then_some(TokenPayload::Answer(token, asked))
}

fn first<const N: usize>(tag: [u8; 32]) -> [u8; N] {
    let mut short = [0; N];
    short.copy_from_slice(&tag[..N]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(own: u8) -> AgentKeys {
        AgentKeys { run: RunKey::from_bytes([1; 32]), own: RunKey::from_bytes([own; 32]) }
    }

    fn header() -> TokenHeader {
        TokenHeader { sender: 3, link: 1, code: 3, is_answer: false, round: 7 }
    }

    #[test]
    fn a_token_is_read_by_its_run_only() {
        let token = ProbeToken::new(header(), &keys(2));
        assert_eq!(ProbeToken::decode(&token.encode(), &keys(9).run), Some(token));
        assert_eq!(ProbeToken::decode(&token.encode(), &RunKey::from_bytes([5; 32])), None);
    }

    #[test]
    fn a_witness_cannot_make_the_proof_of_another() {
        let honest = ProbeToken::new(header(), &keys(2));
        let forged = ProbeToken::new(header(), &keys(3));
        assert!(honest.header.is_proven_by(honest.proof, &keys(2).own));
        assert!(!forged.header.is_proven_by(forged.proof, &keys(2).own));
    }

    #[test]
    fn an_answer_names_its_question_and_is_no_longer() {
        let asked = ProbeToken::new(header(), &keys(2));
        let own = ProbeToken::new(TokenHeader { sender: 4, is_answer: true, ..header() }, &keys(3));
        let wire = answer(&own, &asked);
        assert_eq!(wire.len(), payload(&asked).len());
        assert_eq!(read_payload(&wire, &keys(0).run), Some(TokenPayload::Answer(own, asked)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = read_payload(&bytes, &keys(0).run);
        }

        #[test]
        fn a_changed_header_is_not_of_the_run(at in 0usize..6, flip in 1u8..) {
            let mut wire = ProbeToken::new(header(), &keys(2)).encode();
            wire[at] ^= flip;
            prop_assert_eq!(ProbeToken::decode(&wire, &keys(0).run), None);
        }
    }
}

//! Any bytes of a connection that may carry datagrams or messages of a relay, in two pieces; and what goes back in the same manner.

use media::{
    carriage::{Carriage, Senseless},
    framing::Framing,
};

/// The first byte says where the rest is cut.
pub fn run(data: &[u8]) {
    let Some((cut, bytes)) = data.split_first() else { return };
    let (first, second) = bytes.split_at(usize::from(*cut).min(bytes.len()));
    let mut carriage = Carriage::default();
    let (at_once, whole) = take(&mut carriage, &[bytes]);
    let cut_up = take(&mut Carriage::default(), &[first, second]);
    assert_eq!((at_once, &whole), (cut_up.0, &cut_up.1));
    if at_once.is_err() {
        return;
    }
    // Whoever reads what goes back in this manner has the same.
    let mut written = vec![];
    for datagram in &whole {
        carriage.write(datagram, &mut written);
    }
    if let Carriage::Datagrams(_) = carriage {
        let back = take(&mut Carriage::Datagrams(Framing::default()), &[&written]);
        assert_eq!(back, (Ok(()), whole));
    }
}

fn take(carriage: &mut Carriage, pieces: &[&[u8]]) -> (Result<(), Senseless>, Vec<Vec<u8>>) {
    let mut whole = vec![];
    let mut take = |piece: &&[u8]| carriage.take(piece, |datagram| whole.push(datagram.to_vec()));
    let taken = pieces.iter().try_for_each(&mut take);
    (taken, whole)
}

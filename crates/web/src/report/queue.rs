//! Turns: so many at once, and who asks often waits for who asks seldom.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Gives turns, going round among those who wait.
#[derive(Debug, Clone)]
pub struct FairQueue {
    line: Arc<Mutex<Line>>,
}

#[derive(Debug)]
struct Line {
    free: usize,
    /// How many one asker may have at once.
    share: usize,
    /// How many each has.
    held: BTreeMap<IpAddr, usize>,
    /// Those who wait, each with their own line, in the order of their turns.
    waiting: VecDeque<(IpAddr, VecDeque<oneshot::Sender<Turn>>)>,
}

/// A turn; it ends when it is dropped.
#[derive(Debug)]
pub struct Turn {
    line: Arc<Mutex<Line>>,
    who: IpAddr,
}

impl Line {
    /// Whether an asker may have one more.
    fn has_share(&self, who: IpAddr) -> bool {
        self.held.get(&who).is_none_or(|held| *held < self.share)
    }

    fn take(&mut self, who: IpAddr) {
        self.free -= 1;
        *self.held.entry(who).or_default() += 1;
    }

    fn give_back(&mut self, who: IpAddr) {
        self.free += 1;
        if let Some(held) = self.held.get_mut(&who) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&who);
            }
        }
    }

    /// The next who waits and may have one; their asker goes last then.
    fn next(&mut self) -> Option<(IpAddr, oneshot::Sender<Turn>)> {
        loop {
            let place = self
                .waiting
                .iter()
                .position(|(who, _)| self.has_share(*who))?;
            let (who, mut own) = self.waiting.remove(place)?;
            let sender = own.pop_front();
            if !own.is_empty() {
                self.waiting.push_back((who, own));
            }
            if let Some(sender) = sender.filter(|sender| !sender.is_closed()) {
                return Some((who, sender));
            }
        }
    }
}

fn locked(line: &Mutex<Line>) -> MutexGuard<'_, Line> {
    // Every change is whole before anything can panic.
    line.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FairQueue {
    /// A queue of so many turns at once.
    pub fn new(turns: usize) -> Self {
        Self {
            line: Arc::new(Mutex::new(Line {
                free: turns,
                share: turns,
                held: BTreeMap::new(),
                waiting: VecDeque::new(),
            })),
        }
    }

    /// The same, of which one asker has only so many at once: who keeps them all
    /// keeps nobody else waiting.
    #[must_use]
    pub fn at_most_each(self, share: usize) -> Self {
        locked(&self.line).share = share;
        self
    }

    /// Waits for a turn. Who stops waiting loses their place, nobody else's.
    pub async fn turn(&self, who: IpAddr) -> Turn {
        let waiting = {
            let mut line = locked(&self.line);
            if line.free > 0 && line.has_share(who) {
                line.take(who);
                None
            } else {
                let (sender, receiver) = oneshot::channel();
                match line.waiting.iter_mut().find(|(other, _)| *other == who) {
                    Some((_, own)) => own.push_back(sender),
                    None => line.waiting.push_back((who, VecDeque::from([sender]))),
                }
                Some(receiver)
            }
        };
        match waiting {
            None => Turn {
                line: Arc::clone(&self.line),
                who,
            },
            Some(receiver) => match receiver.await {
                Ok(turn) => turn,
                // The line never drops a sender unanswered while it lives.
                Err(_) => Turn {
                    line: Arc::new(Mutex::new(Line {
                        free: 0,
                        share: 0,
                        held: BTreeMap::new(),
                        waiting: VecDeque::new(),
                    })),
                    who,
                },
            },
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut line = locked(&self.line);
        line.give_back(self.who);
        let Some((who, sender)) = line.next() else {
            return;
        };
        line.take(who);
        drop(line);
        let turn = Turn {
            line: Arc::clone(&self.line),
            who,
        };
        // Whoever has just gone hands the turn on by dropping it.
        drop(sender.send(turn));
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn from(last: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(127, 0, 0, last))
    }

    #[tokio::test]
    async fn one_who_asks_once_does_not_wait_for_one_who_asks_a_hundred_times() {
        let queue = FairQueue::new(1);
        let first = queue.turn(from(1)).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for (who, number) in (0..100).map(|n| (1, n)).chain([(2, 0), (3, 0)]) {
            let (queue, order) = (queue.clone(), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let turn = queue.turn(from(who)).await;
                order.lock().expect("the order").push((who, number));
                drop(turn);
            }));
            tokio::task::yield_now().await;
        }
        drop(first);
        for task in tasks {
            task.await.expect("a turn");
        }
        let order = order.lock().expect("the order");
        assert_eq!(order.len(), 102);
        assert_eq!(order[..3], [(1, 0), (2, 0), (3, 0)]);
    }

    #[tokio::test]
    async fn who_keeps_all_they_can_get_leaves_turns_to_others() {
        let queue = FairQueue::new(4).at_most_each(3);
        let mut kept = Vec::new();
        for _ in 0..3 {
            kept.push(queue.turn(from(1)).await);
        }
        let fourth = {
            let queue = queue.clone();
            tokio::spawn(async move { queue.turn(from(1)).await })
        };
        tokio::task::yield_now().await;
        assert!(!fourth.is_finished(), "one is left, and not for them");
        let other = queue.turn(from(2)).await;
        drop(other);
        tokio::task::yield_now().await;
        assert!(!fourth.is_finished());
        kept.pop();
        kept.push(fourth.await.expect("a turn"));
        kept.clear();
        let line = locked(&queue.line);
        assert_eq!((line.free, line.held.len()), (4, 0));
    }

    #[tokio::test]
    async fn who_stops_waiting_takes_no_turn_along() {
        let queue = FairQueue::new(1);
        let first = queue.turn(from(1)).await;
        let gone = {
            let queue = queue.clone();
            tokio::spawn(async move { queue.turn(from(2)).await })
        };
        tokio::task::yield_now().await;
        gone.abort();
        assert!(gone.await.is_err());
        let after = {
            let queue = queue.clone();
            tokio::spawn(async move { drop(queue.turn(from(3)).await) })
        };
        tokio::task::yield_now().await;
        drop(first);
        after.await.expect("a turn");
        assert_eq!(locked(&queue.line).free, 1);
    }
}

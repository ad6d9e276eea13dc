//! How a figure is printed: ours, the floor beside it, their ratio, and the aim.

/// One turn of each: ours per second, and the floor's.
pub(crate) type Round = (f64, f64);

/// Rates measured in turns with a floor's. A ratio above 1 means that ours is the faster.
///
/// Whatever else the machine does hits one turn or the other, so the ratio is the median of the rounds' ratios and not
/// the ratio of the sums.
pub(crate) struct Rates {
    pub(crate) name: &'static str,
    /// What is measured, in one line.
    pub(crate) what: String,
    pub(crate) unit: &'static str,
    /// What it is measured against.
    pub(crate) floor: &'static str,
    pub(crate) rounds: Vec<Round>,
    pub(crate) aim: &'static str,
}

impl Rates {
    #[expect(clippy::print_stdout, reason = "a benchmark speaks on the console")]
    pub(crate) fn print(&self) {
        let ours = median(self.rounds.iter().map(|round| round.0));
        let floor = median(self.rounds.iter().map(|round| round.1));
        let ratio = median(self.rounds.iter().map(|(ours, floor)| ours / floor));
        println!("{}: {}", self.name, self.what);
        println!("  Sederunt  {ours:>10.0} {}/s", self.unit);
        println!("  floor     {floor:>10.0} /s  {}", self.floor);
        println!("  ratio     {ratio:>10.2}     aim: {}\n", self.aim);
    }
}

/// Processor time per request, of the program and of the load, which share this process: what is left where a machine is too
/// busy for a rate to say much.
pub(crate) struct Costs {
    pub(crate) name: &'static str,
    pub(crate) rounds_us: Vec<Round>,
}

impl Costs {
    #[expect(clippy::print_stdout, reason = "a benchmark speaks on the console")]
    pub(crate) fn print(&self) {
        let ours_us = median(self.rounds_us.iter().map(|round| round.0));
        let floor_us = median(self.rounds_us.iter().map(|round| round.1));
        println!("{}: processor time per request, load included", self.name);
        println!("  Sederunt  {ours_us:>10.1} µs");
        println!("  floor     {floor_us:>10.1} µs");
        println!("  more      {:>10.1} µs\n", ours_us - floor_us);
    }
}

/// The middle one. There must be one.
pub(crate) fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Times measured in turns. A ratio above 1 means that the second is the slower.
pub(crate) struct Times {
    pub(crate) name: &'static str,
    /// What is measured, in one line.
    pub(crate) what: String,
    pub(crate) near: &'static str,
    pub(crate) near_us: Vec<f64>,
    pub(crate) far: &'static str,
    pub(crate) far_us: Vec<f64>,
    pub(crate) aim: &'static str,
}

impl Times {
    #[expect(clippy::print_stdout, reason = "a benchmark speaks on the console")]
    pub(crate) fn print(&self) {
        let near_us = median(self.near_us.iter().copied());
        let far_us = median(self.far_us.iter().copied());
        let ratio = far_us / near_us;
        println!("{}: {}", self.name, self.what);
        println!("  {:<10}{near_us:>10.0} µs (median)", self.near);
        println!("  {:<10}{far_us:>10.0} µs (median)", self.far);
        println!("  ratio     {ratio:>10.2}     aim: {}\n", self.aim);
    }
}

/// Says what takes a while.
#[expect(
    clippy::print_stderr,
    reason = "progress is for whoever waits, not for the figures on standard output"
)]
pub(crate) fn progress(text: &str) {
    eprintln!("{text}");
}

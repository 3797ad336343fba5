/// A call that failed, and whether the server may have acted on it all the same.
struct CallFailure: Error {
    let error: ClientError
    let mayHaveArrived: Bool
}

/// Decides whether a publication is tried again. Its idempotency key lets the server know a repetition.
struct PublicationRetries {
    static let maxAttempts = 4
    private static let longestPause = Duration.seconds(30)

    private var attempts = 0
    /// A try got no answer, so that nobody knows whether the article was published.
    private var isUncertain = false

    /// How long to wait before the next try; `nil` if it makes no sense.
    mutating func pause(after failure: CallFailure) -> Duration? {
        attempts += 1
        let backOff = Duration.milliseconds(250 << attempts)
        let pause: Duration?
        switch failure.error {
        case .unreachable:
            isUncertain = isUncertain || failure.mayHaveArrived
            // A server that was not there from the start is said to be down at once.
            pause = isUncertain ? backOff : nil
        case .refused(409, _, _, _, .some(let seconds)), .refused(429, _, _, _, .some(let seconds)),
            .refused(503, _, _, _, .some(let seconds)):
            pause = min(max(.seconds(max(seconds, 0)), backOff), Self.longestPause)
        case .refused(502, _, _, _, _), .refused(503, _, _, _, _), .refused(504, _, _, _, _):
            pause = backOff
        case .refused, .badURL, .badCredential, .badAuthorities, .unexpectedAnswer:
            pause = nil
        }
        return attempts < Self.maxAttempts ? pause : nil
    }

    /// The error, with a warning if the article may have been published.
    func explain(_ error: ClientError) -> ClientError {
        guard isUncertain, case .unreachable(let url, let reason) = error else { return error }
        return .unreachable(url: url, reason: "\(reason); whether the article was published is not known")
    }
}

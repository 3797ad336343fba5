/// The subscribers of one event loop that were let in by something that can be taken back.
struct AdmittedSubscribers {
    private var byCredential: [Credential: [ObjectIdentifier: Subscriber]] = [:]

    mutating func insert(_ subscriber: Subscriber) {
        guard let credential = subscriber.credential else { return }
        byCredential[credential, default: [:]][ObjectIdentifier(subscriber)] = subscriber
    }

    mutating func remove(_ subscriber: Subscriber) {
        guard let credential = subscriber.credential else { return }
        byCredential[credential]?[ObjectIdentifier(subscriber)] = nil
        if byCredential[credential]?.isEmpty == true { byCredential[credential] = nil }
    }

    func by(_ credential: Credential) -> [Subscriber] {
        byCredential[credential].map { Array($0.values) } ?? []
    }
}

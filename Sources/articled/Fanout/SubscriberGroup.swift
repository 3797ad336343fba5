import NIOCore

/// The subscribers of one view that have everything and whose sockets are free: what a new event goes to directly.
///
/// Their place is the hub's newest event, kept here once and not in each of them, so that a delivery touches only the
/// descriptor.
final class SubscriberGroup {
    let view: SubscriberView
    let transport: FanoutFigures.Transport
    private(set) var members: [Subscriber] = []
    private(set) var descriptors: [CInt] = []
    /// Everybody with this view, members or not.
    var subscriberCount = 0
    /// The last piece of backlog that was put together, for the next subscriber at the same place.
    var lastChunk: BacklogChunk?

    init(view: SubscriberView) {
        self.view = view
        transport = view.transport
    }

    func add(_ subscriber: Subscriber) {
        subscriber.indexInGroup = members.count
        members.append(subscriber)
        descriptors.append(subscriber.socket.descriptor)
    }

    /// Takes a member out; the last one moves to its place, so that going through the members backwards stays right.
    func remove(_ subscriber: Subscriber) {
        guard let index = subscriber.indexInGroup else { return }
        subscriber.indexInGroup = nil
        let last = members.removeLast()
        let lastDescriptor = descriptors.removeLast()
        guard last !== subscriber else { return }
        members[index] = last
        descriptors[index] = lastDescriptor
        last.indexInGroup = index
    }
}

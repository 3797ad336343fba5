import Foundation

/// One connection that articles are posted on, one at a time.
struct PublisherConnection {
    enum Stage {
        case closed, connecting, greeting, idle, busy
    }

    static let inputBytes = 64 * 1024

    /// Which publisher it belongs to.
    let publisher: Int
    var stage = Stage.closed
    var descriptor: Int32 = -1
    /// The request: all but its marker is the same every time.
    let output: UnsafeMutablePointer<UInt8>
    var sentBytes = 0
    let input: UnsafeMutablePointer<UInt8>
    var received = 0
    /// Of the article that it is busy with.
    var seq: UInt64 = 0
    var sentAt: UInt64 = 0
    var dialAgainAt: UInt64 = 0
    var attempts = 0

    init(publisher: Int, requestBytes: Int) {
        self.publisher = publisher
        output = .allocate(capacity: requestBytes)
        input = .allocate(capacity: Self.inputBytes)
    }

    func deallocate() {
        output.deallocate()
        input.deallocate()
    }
}

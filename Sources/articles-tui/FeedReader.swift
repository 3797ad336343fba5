import ArticlesClient
import Core
import Dispatch

/// The task that passes the feed on to the thread that draws, and to what keeps it.
struct FeedReader {
    /// How long the server may take to say goodbye.
    private static let farewell = DispatchTimeInterval.milliseconds(300)

    private let client: ArticlesClient
    private let task: Task<Void, Never>

    init(_ client: ArticlesClient, query: FeedQuery, state: StateFile?, queue: EventQueue, generation: Int) {
        self.client = client
        task = Task.detached {
            for await update in client.subscribe(query) {
                state?.note(update)
                await queue.post(.feed(update), generation: generation)
            }
        }
    }

    /// Closes the connection, so that the server need not find out by itself.
    func stop() {
        task.cancel()
        let isClosed = DispatchSemaphore(value: 0)
        Task.detached { [client, task] in
            await task.value
            await client.shutdown()
            isClosed.signal()
        }
        _ = isClosed.wait(timeout: .now() + Self.farewell)
    }
}

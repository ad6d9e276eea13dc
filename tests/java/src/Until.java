import java.util.List;
import java.util.concurrent.Callable;

/** Waiting for what comes by itself. */
final class Until {
  private static final long PATIENCE_NS = 40_000_000_000L;

  private Until() {}

  /** The first of what is found, once something is. */
  static <T> T found(Callable<List<T>> look) throws Exception {
    var deadline = System.nanoTime() + PATIENCE_NS;
    while (true) {
      var found = look.call();
      if (!found.isEmpty()) return found.get(0);
      if (System.nanoTime() > deadline) throw new AssertionError("it does not come to that");
      Thread.sleep(100);
    }
  }
}

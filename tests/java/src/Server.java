import com.google.auth.oauth2.AccessToken;
import com.google.auth.oauth2.OAuth2Credentials;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The real release program as a child process, with a development certificate, and meetings without a browser.
 *
 * <p>Over TLS, because Google's credentials go over nothing else. Whoever joins is in the register once their transport is up,
 * so the program `attend` plays the clients.
 */
final class Server implements AutoCloseable {
  private static final Path CHECKOUT = Path.of("").toAbsolutePath().getParent().getParent();
  private static final Path BINARY =
      Path.of(System.getenv().getOrDefault("SEDERUNT_BINARY", CHECKOUT + "/target/release/sederunt"));
  private static final Pattern READY = Pattern.compile("is ready at https://(localhost:\\d+)");

  private final Path data;
  private final Process process;
  private final String endpoint;
  private final String token;
  private final HttpClient http;

  /** Starts on free ports with a new data folder, and makes the owner of what the tests do. */
  Server(String... flags) throws Exception {
    data = Files.createTempDirectory("sederunt-java-");
    var line = line("serve", "--tls", "dev", "--listen", "127.0.0.1:0", "--media-port", "0");
    line.addAll(List.of(flags));
    process = new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    var ready = READY.matcher(String.valueOf(process.inputReader().readLine()));
    if (!ready.find()) throw new IOException("the server did not start");
    endpoint = ready.group(1);
    command("user", "add", "owner@example.org", "--name", "Owner");
    token = command("token", "owner@example.org");
    trust(data.resolve("tls/authority.pem"));
    http = HttpClient.newHttpClient();
  }

  /** Host and port. */
  String endpoint() {
    return endpoint;
  }

  /** Where pages and programs find it. */
  String url() {
    return "https://" + endpoint;
  }

  /** A folder that is gone with the server. */
  Path data() {
    return data;
  }

  /** The owner's. */
  String token() {
    return token;
  }

  /** The owner's. */
  OAuth2Credentials credentials() {
    return OAuth2Credentials.create(new AccessToken(token, null));
  }

  /** Java trusts whom this property names, from the first connection on. */
  private void trust(Path authority) throws IOException, GeneralSecurityException {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (var certificate = Files.newInputStream(authority)) {
      store.setCertificateEntry("authority", CertificateFactory.getInstance("X.509").generateCertificate(certificate));
    }
    var file = data.resolve("authority.p12");
    try (var output = Files.newOutputStream(file)) {
      store.store(output, "authority".toCharArray());
    }
    System.setProperty("javax.net.ssl.trustStore", file.toString());
    System.setProperty("javax.net.ssl.trustStorePassword", "authority");
  }

  /** What a command prints. */
  String command(String... words) throws IOException, InterruptedException {
    var command = new ProcessBuilder(line(words)).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    var output = new String(command.getInputStream().readAllBytes()).trim();
    if (command.waitFor() != 0) throw new IOException(String.join(" ", words) + " failed");
    return output;
  }

  private List<String> line(String... words) {
    var line = new ArrayList<>(List.of(BINARY.toString()));
    line.addAll(Arrays.asList(words));
    line.addAll(List.of("--data", data.toString()));
    return line;
  }

  /** A new space of the owner, into which everybody walks, and of which there are reports of attendance. */
  String openSpace() throws IOException, InterruptedException {
    return makeSpace().get("name").getAsString();
  }

  /** The same, and everything that is told of it: more than Java's clients know. */
  JsonObject makeSpace() throws IOException, InterruptedException {
    var config = new JsonObject();
    config.addProperty("accessType", "OPEN");
    config.addProperty("attendanceReportGenerationType", "GENERATE_REPORT");
    var space = new JsonObject();
    space.add("config", config);
    return call("/v2/spaces", space, token);
  }

  /** What is said in a space is kept from now on, as its owner wants it. */
  void record(String space) throws IOException, InterruptedException {
    take(space, "startRecording", new JsonObject(), token);
  }

  /** The owner and Ada meet for a moment, one after the other; both are gone when this returns. */
  void meet(String space) throws IOException, InterruptedException {
    gather(space, "");
    gather(space, "Ada");
  }

  /** These people meet, the owner among them under no name; all are gone when this returns. */
  void gather(String space, String... names) throws IOException, InterruptedException {
    gather(space, null, names);
  }

  /** The same of a meeting that is ended while they are in it; none of them leaves. */
  void gather(String space, Runnable ends, String[] names) throws IOException, InterruptedException {
    var attend =
        new ProcessBuilder(BINARY.resolveSibling("attend").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var answers = attend.inputReader();
        var questions = attend.outputWriter()) {
      var seats = new ArrayList<JsonObject>();
      for (var name : names) {
        var client = seats.size() + 1;
        var join = new JsonObject();
        join.add("offer", ask(questions, answers, object("offer", client)).get("offer"));
        join.addProperty("displayName", name);
        var seat = take(space, "join", join, name.isEmpty() ? token : null);
        var accept = object("accept", client);
        accept.add("answer", seat.get("answer"));
        var state = ask(questions, answers, accept).get("state").getAsString();
        if (!state.equals("JOINED")) throw new IOException(name + " was told " + state);
        seats.add(seat);
      }
      if (ends != null) {
        ends.run();
        return;
      }
      for (var seat : seats) {
        var leave = new JsonObject();
        leave.add("participantSession", seat.get("participantSession"));
        leave.add("resumeSecret", seat.get("resumeSecret"));
        take(space, "leave", leave, null);
      }
    }
    attend.waitFor();
  }

  private JsonObject take(String space, String verb, JsonObject body, String token) throws IOException, InterruptedException {
    return call("/sederunt/v1/" + space + ":" + verb, body, token);
  }

  private static JsonObject object(String name, int value) {
    var object = new JsonObject();
    object.addProperty(name, value);
    return object;
  }

  private static JsonObject ask(BufferedWriter questions, BufferedReader answers, JsonObject question)
      throws IOException {
    questions.write(question + "\n");
    questions.flush();
    return JsonParser.parseString(answers.readLine()).getAsJsonObject();
  }

  private JsonObject call(String path, JsonObject body, String token) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(url() + path))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
    if (token != null) request.header("authorization", "Bearer " + token);
    var answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) throw new IOException(path + ": " + answer.statusCode() + " " + answer.body());
    return JsonParser.parseString(answer.body()).getAsJsonObject();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    process.destroy();
    process.waitFor();
    try (var files = Files.walk(data)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
    }
  }
}

import com.google.gson.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.sound.sampled.AudioFileFormat;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;

/** A real telephone, baresip, which hums a tone to whomever it is told to call, and hangs up when it has hummed. */
final class Telephone implements AutoCloseable {
  private static final int RATE = 8_000;
  private static final int SAMPLES = 60 * RATE;

  private final Process process;
  private final Socket control;

  /**
   * @param folder which goes with whoever made it
   * @param proxy host and port of the server
   */
  Telephone(Path folder, String proxy) throws Exception {
    Files.createDirectory(folder);
    var port = freePort();
    hum(folder.resolve("hum.wav"));
    Files.writeString(
        folder.resolve("config"),
        """
        poll_method epoll
        sip_listen 127.0.0.1:%d
        audio_source aufile,%s
        audio_player aubridge,nil
        audio_alert aubridge,nil
        ausrc_srate 8000
        auplay_srate 8000
        ausrc_channels 1
        auplay_channels 1
        rtp_ports 30000-39998
        net_interface 127.0.0.1
        module_path /usr/lib/baresip/modules
        ctrl_tcp_listen 127.0.0.1:%d
        module g711.so
        module aufile.so
        module aubridge.so
        module_tmp uuid.so
        module_tmp account.so
        module_app menu.so
        module_app ctrl_tcp.so
        """
            .formatted(freePort(), folder.resolve("hum.wav"), port));
    Files.writeString(
        folder.resolve("accounts"),
        "<sip:ada@example.org;transport=udp>;regint=0;outbound=\"sip:%s;transport=udp\";audio_codecs=PCMU/8000/1\n"
            .formatted(proxy));
    Files.writeString(folder.resolve("contacts"), "");
    process =
        new ProcessBuilder("baresip", "-f", folder.toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    control = Until.found(() -> connected(port));
  }

  static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void hum(Path file) throws IOException {
    var samples = new byte[2 * SAMPLES];
    for (var place = 0; place < SAMPLES; place++) {
      var sample = (int) (8_000 * Math.sin(2 * Math.PI * 440 * place / RATE));
      samples[2 * place] = (byte) sample;
      samples[2 * place + 1] = (byte) (sample >> 8);
    }
    var format = new AudioFormat(RATE, 16, 1, true, false);
    try (var sound = new AudioInputStream(new ByteArrayInputStream(samples), format, SAMPLES)) {
      AudioSystem.write(sound, AudioFileFormat.Type.WAVE, file.toFile());
    }
  }

  private static List<Socket> connected(int port) {
    try {
      return List.of(new Socket(InetAddress.getLoopbackAddress(), port));
    } catch (IOException notYet) {
      return List.of();
    }
  }

  /** It is told what to do by netstrings of JSON. */
  void dial(String whom) throws IOException {
    var command = new JsonObject();
    command.addProperty("command", "dial");
    command.addProperty("params", whom);
    var text = command.toString();
    control.getOutputStream().write("%d:%s,".formatted(text.length(), text).getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException, InterruptedException {
    control.close();
    process.destroy();
    process.waitFor();
  }
}

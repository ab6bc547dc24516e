/** The page where a card holder approves or refuses; plain, and without anything from elsewhere. */
export const challengePage = (): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Confirm your payment</title></head>
<body>
<main>
<h1>Confirm your payment</h1>
<p>This is the sandbox's stand-in for your bank.</p>
<button type="button" value="approve">Approve</button>
<button type="button" value="refuse">Refuse</button>
<p role="status"></p>
</main>
<script>
for (const button of document.querySelectorAll('button')) button.onclick = async () => {
  const answer = await fetch(location.href, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ outcome: button.value }),
  });
  document.querySelector('[role=status]').textContent = answer.ok ? 'Done. You can close this page.' : 'That did not work.';
};
</script>
</body>
</html>`;

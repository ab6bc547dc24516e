/** The page where a card holder approves or declines a charge. It loads nothing from another origin. */
export const challengePage = (): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Confirm your payment</title></head>
<body>
<main>
<h1>Confirm your payment</h1>
<p>This page simulates your bank.</p>
<button type="button" value="approve">Approve</button>
<button type="button" value="refuse">Refuse</button>
<p role="status"></p>
</main>
<script>
for (const button of document.querySelectorAll('button')) button.onclick = async () => {
  const response = await fetch(location.href, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ outcome: button.value }),
  });
  const status = document.querySelector('[role=status]');
  status.textContent = response.ok ? 'Done. You can close this page.' : 'The request failed. Try again.';
};
</script>
</body>
</html>`;

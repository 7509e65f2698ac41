/** What Streamlit is given: loads the wall's modules from this server and hands the component over to them. */

const RELOAD_AFTER = 5000;

export default async function (component) {
  const code = new URL(component.data.code, document.baseURI).href;
  let wall;
  try {
    wall = await import(code);
  } catch (error) {
    setTimeout(() => location.reload(), RELOAD_AFTER);
    throw error;
  }
  return wall.mount({ ...component, data: JSON.parse(component.data.json) });
}
